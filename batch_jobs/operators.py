"""Who is an operator, in words."""

from dataclasses import dataclass

from chalicelib.domain.account import Account
from chalicelib.services import operators
from chalicelib.storage import accounts


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """One account that is, or has just ceased to be, an operator's."""

    person_id: str
    name: str
    email: str
    operator: bool

    @classmethod
    def of(cls, account: Account) -> "OperatorLine":
        return cls(account.person_id, account.name, account.email, account.is_operator)

    def __str__(self) -> str:
        verb = "is" if self.operator else "is not"
        return f"{self.name} <{self.email}> {verb} an operator."


@dataclass(frozen=True, slots=True)
class OperatorList:
    operators: list[OperatorLine]

    def __str__(self) -> str:
        if not self.operators:
            return "There is no operator: `operators grant EMAIL` makes somebody one."
        return "\n".join(f"{one.person_id}  {one.name} <{one.email}>" for one in self.operators)


def grant(email: str) -> OperatorLine:
    """Raises NotFoundError if nobody has signed up with the address."""
    return OperatorLine.of(operators.grant(email))


def revoke(email: str) -> OperatorLine:
    """Raises NotFoundError if nobody has signed up with the address."""
    return OperatorLine.of(operators.revoke(email))


def list_operators() -> OperatorList:
    """By name."""
    found = sorted(accounts.operators(), key=lambda account: (account.name, account.email))
    return OperatorList([OperatorLine.of(account) for account in found])
