"""What the mails say."""

from chalicelib.domain.account import Account
from chalicelib.storage.outbox import Mail

_NOT_YOU = "If this was not you, nothing needs to be done: without the link nothing changes."


def confirm_address(account: Account, link: str) -> Mail:
    return Mail(
        account.email,
        "Confirm your e-mail address",
        (
            f"Hello {account.name}, please confirm that this is your e-mail address.",
            "The link is good for three days. If you have no account here, nothing needs to be done.",
        ),
        "Confirm this address",
        link,
    )


def confirm_new_address(account: Account, email: str, link: str) -> Mail:
    return Mail(
        email,
        "Confirm your new e-mail address",
        (
            f"Hello {account.name}, with this link you log in with {email} from now on.",
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
            f"Hello {account.name}, somebody who knows your password has asked to log in with {email} "
            "instead of this address. That happens once the new address is confirmed.",
            "If this was not you, change your password now: the link to the new address is worthless then.",
        ),
    )


def set_new_password(account: Account, link: str) -> Mail:
    return Mail(
        account.email,
        "Set a new password",
        (
            f"Hello {account.name}, with this link you choose a new password.",
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
            f"Hello {account.name}, your password was just changed, and other devices were logged out.",
            "If this was not you, take your account back with the link above.",
        ),
        "I did not do this",
        forgot,
    )
