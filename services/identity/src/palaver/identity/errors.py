"""What this service refuses, in sentences for people. None of them tells more than its reader knows already."""

from palaver.contracts import limits
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.second_factor import SecondFactorRequired
from palaver.identity.domain import Refusal


class MailNotSentError(Exception):
    """A mail did not get away. `final` if it never will; `reason` names neither people nor what was in it."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


def mail_not_configured() -> Failure:
    """By setting; the same for everybody."""
    return Failure(
        ErrorCode.MAIL_NOT_CONFIGURED, "This installation sends no mail; ask whoever runs it for a new password."
    )


def reset_link_invalid() -> Failure:
    """One answer for an unknown, a used and an expired link."""
    return Failure(ErrorCode.RESET_LINK_INVALID, "This link was used already or has expired; ask for a new one.")


def invalid_credentials() -> Failure:
    """One answer for an unknown e-mail address and a wrong password."""
    return Failure(ErrorCode.INVALID_CREDENTIALS, "E-mail address or password is wrong.")


def invalid_link() -> Failure:
    """One answer for an unknown, a used and an expired code."""
    return Failure(
        ErrorCode.INVALID_CREDENTIALS, "This sign-in link was used already or has expired; ask for a new one."
    )


def invalid_ticket() -> Failure:
    """One answer for an unknown, a used and an expired ticket."""
    return Failure(ErrorCode.UNAUTHENTICATED, "This ticket was used already or has expired; ask for a new one.")


def current_password_wrong() -> Failure:
    """To somebody who is signed in already."""
    return Failure(ErrorCode.INVALID_CREDENTIALS, "The present password is wrong.")


def fresh_sign_in_needed() -> Failure:
    """Who has no password must have proved just now who they are."""
    return Failure(ErrorCode.SIGN_IN_TOO_OLD, "Sign in again first: this needs a fresh sign-in.")


def sign_in_not_found() -> Failure:
    """Somebody else's, over, or never there."""
    return Failure(ErrorCode.NOT_FOUND, "There is no such sign-in of yours.")


def second_factor_required(asked: SecondFactorRequired) -> Failure:
    """After the right password."""
    details = asked.model_dump(mode="json")
    return Failure(ErrorCode.SECOND_FACTOR_REQUIRED, "A code of your authenticator is needed too.", **details)


def code_wrong() -> Failure:
    """One answer for a wrong code, one that was used, and one that comes after too many wrong ones."""
    return Failure(ErrorCode.SECOND_FACTOR_INVALID, "This code is wrong or was used already.")


def challenge_over() -> Failure:
    """One answer for a challenge that is unknown, used or over."""
    return Failure(ErrorCode.UNAUTHENTICATED, "This sign-in took too long or had too many wrong codes; begin again.")


def second_factor_on() -> Failure:
    """It must be turned off before it can be set up anew."""
    return Failure(ErrorCode.CONFLICT, "Your second factor is on already.")


def password_missing() -> Failure:
    """A second factor goes with a password."""
    return Failure(ErrorCode.CONFLICT, "Your account has no password; set one first.")


def account_suspended() -> Failure:
    """Said only to somebody who proved to be the person."""
    return Failure(ErrorCode.FORBIDDEN, "This account is suspended; ask whoever runs this installation.")


def registration_closed() -> Failure:
    """By setting."""
    return Failure(ErrorCode.REGISTRATION_CLOSED, "Registration is closed; ask whoever runs this installation.")


def invitation_required() -> Failure:
    """By setting."""
    return Failure(
        ErrorCode.INVITATION_REQUIRED, "Accounts are opened by invitation; ask whoever runs this installation."
    )


def invitation_invalid() -> Failure:
    """One answer for one that is unknown, used up, expired, taken back, for another address, or of somebody who may
    invite no longer."""
    return Failure(
        ErrorCode.INVITATION_INVALID,
        "This invitation was used already, has ended, or is for another e-mail address; ask for a new one.",
    )


def invitation_not_found() -> Failure:
    """It was forgotten, or never there."""
    return Failure(ErrorCode.NOT_FOUND, "There is no such invitation.")


def too_many_invitations() -> Failure:
    """Nothing is unbounded."""
    return Failure(
        ErrorCode.CONFLICT, f"{limits.MAX_OPEN_INVITATIONS} invitations are open; revoke some of them first."
    )


def one_use_for_an_address() -> Failure:
    """An address has one account."""
    return Failure(ErrorCode.VALIDATION_FAILED, "An invitation for one address works once.", field="uses")


def no_second_factor() -> Failure:
    """There is nothing to reset."""
    return Failure(ErrorCode.NOT_FOUND, "This person has no second factor.")


def email_taken() -> Failure:
    """An account with this address exists."""
    return Failure(ErrorCode.EMAIL_TAKEN, "An account with this e-mail address exists already; sign in instead.")


def password_needed() -> Failure:
    """What cannot be undone is asked for by the person, not by whoever found their screen unlocked."""
    return Failure(ErrorCode.VALIDATION_FAILED, "This needs your password.", field="password")


def code_needed() -> Failure:
    """The password alone is not enough for whoever turned a second factor on."""
    return Failure(ErrorCode.VALIDATION_FAILED, "This needs a code of your authenticator, too.", field="code")


def not_an_administrator() -> Failure:
    """To members, and to those who are administrators no longer."""
    return Failure(ErrorCode.FORBIDDEN, "This is for administrators only.")


def owners_only() -> Failure:
    """To administrators."""
    return Failure(ErrorCode.FORBIDDEN, "Only an owner may do this.")


def not_yourself(what: str) -> Failure:
    """Who is locked out by their own hand finds nobody to ask."""
    return Failure(ErrorCode.CONFLICT, f"You cannot {what} your own account here.")


def invalid_cursor() -> Failure:
    """Cursors come from us."""
    return Failure(ErrorCode.VALIDATION_FAILED, "This cursor is not one of ours.", field="cursor")


def oauth_failed() -> Failure:
    """One answer for whatever was wrong: the log and the trail say more."""
    return Failure(ErrorCode.OAUTH_FAILED, "Signing in there did not work; please try again.")


def oauth_unknown() -> Failure:
    """By setting."""
    return Failure(ErrorCode.NOT_FOUND, "Nobody signs in from there.")


def last_owner() -> Failure:
    """Somebody must be able to run the installation."""
    return Failure(ErrorCode.LAST_OWNER, "This is the only owner; make somebody else an owner first.")


def user_not_found() -> Failure:
    """The actor has no account (any more)."""
    return Failure(ErrorCode.NOT_FOUND, "This account does not exist.")


def invalid_avatar() -> Failure:
    """A page would load it, so it must be an ordinary address."""
    return Failure(ErrorCode.VALIDATION_FAILED, "The picture's address must begin with https:// or http://.")


def refresh_refused(refusal: Refusal) -> Failure:
    """Why a refresh token was not exchanged."""
    match refusal:
        case Refusal.REUSED:
            return Failure(
                ErrorCode.REFRESH_REUSED,
                "This sign-in was used twice, so it was ended for safety; sign in again.",
            )
        case Refusal.EXPIRED:
            return Failure(ErrorCode.TOKEN_EXPIRED, "Your sign-in has ended; sign in again.")
        case Refusal.SUSPENDED:
            return account_suspended()
        case Refusal.UNKNOWN | Refusal.ENDED:
            return Failure(ErrorCode.UNAUTHENTICATED, "Your sign-in has ended; sign in again.")
