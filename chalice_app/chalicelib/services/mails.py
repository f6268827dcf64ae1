"""What the mails say.

Where nobody has proven yet to read an address, whoever gave it may be somebody else: that mail leaves out the
name, with which a stranger could write to others as if we did.
"""

from chalicelib.domain.account import Account
from chalicelib.storage.outbox import Mail

_NOT_YOU = "If this was not you, nothing needs to be done: without the link nothing changes."


def confirm_address(email: str, link: str) -> Mail:
    return Mail(
        email,
        "Confirm your e-mail address",
        (
            "Hello, please confirm that this is your e-mail address.",
            "The link is good for three days. If you have no account here, nothing needs to be done.",
        ),
        "Confirm this address",
        link,
    )


def confirm_new_address(email: str, link: str) -> Mail:
    return Mail(
        email,
        "Confirm your new e-mail address",
        (
            f"Hello, with this link you log in with {email} from now on.",
            f"The link is good for three days. {_NOT_YOU}",
        ),
        "Use this address",
        link,
    )


def address_will_change(account: Account, email: str) -> Mail:
    return Mail(
        account.email,
        "Your e-mail address is about to change",
        (
            f"{_hello(account)}, somebody who knows your password has asked to log in with {email} "
            "instead of this address. That happens once the new address is confirmed.",
            "If this was not you, change your password now: the link to the new address is worthless then.",
        ),
    )


def set_new_password(account: Account, link: str) -> Mail:
    return Mail(
        account.email,
        "Set a new password",
        (
            f"{_hello(account)}, with this link you choose a new password.",
            f"It works once, for an hour. {_NOT_YOU}",
        ),
        "Set a new password",
        link,
    )


def password_was_changed(account: Account, forgot: str) -> Mail:
    return Mail(
        account.email,
        "Your password was changed",
        (
            f"{_hello(account)}, your password was just changed, and other devices were logged out.",
            "If this was not you, take your account back with the link above.",
        ),
        "I did not do this",
        forgot,
    )


def _hello(account: Account) -> str:
    return f"Hello {account.name}" if account.email_confirmed else "Hello"
