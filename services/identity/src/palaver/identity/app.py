"""The identity service, wired: every subject in, every adapter out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from palaver.contracts import (
    administration,
    identity,
    invitations,
    oauth,
    passwords,
    preferences,
    second_factor,
    sign_ins,
)
from palaver.contracts.catalogue import DURABLES, EVENTS_SAID
from palaver.contracts.operations import AuditRecorded
from palaver.identity.access_tokens import AccessTokens
from palaver.identity.account_handlers import AccountHandlers
from palaver.identity.accounts import Accounts
from palaver.identity.admin_handlers import AdminHandlers
from palaver.identity.administration import Administration
from palaver.identity.admission import Admission
from palaver.identity.authenticators import Authenticators
from palaver.identity.boxes import Boxes
from palaver.identity.devices import Devices
from palaver.identity.endings import Endings
from palaver.identity.families import Families
from palaver.identity.first_owner import FirstOwner
from palaver.identity.github import GitHub
from palaver.identity.handlers import Handlers
from palaver.identity.housekeeping import Housekeeping
from palaver.identity.invitation_handlers import InvitationHandlers
from palaver.identity.invitations import Invitations
from palaver.identity.leaving import Leaving
from palaver.identity.letter_desk import LetterDesk
from palaver.identity.mail_folder import MailFolder
from palaver.identity.metrics import IdentityMetrics
from palaver.identity.oauth_handlers import OAuthHandlers
from palaver.identity.oauth_http import HttpClient
from palaver.identity.oauth_signing_in import OAuthSigningIn
from palaver.identity.oidc import OidcIssuer
from palaver.identity.password_changes import PasswordChanges
from palaver.identity.password_resets import PasswordResets
from palaver.identity.passwords import Passwords
from palaver.identity.ports import Clock, Issuer, Mailer
from palaver.identity.postman import Postman
from palaver.identity.proving import Proving
from palaver.identity.redis_attempts import RedisAttempts
from palaver.identity.redis_endings import RedisEndings
from palaver.identity.redis_tickets import RedisTickets
from palaver.identity.reset_desk import ResetDesk
from palaver.identity.second_factors import SecondFactors
from palaver.identity.second_steps import SecondSteps
from palaver.identity.settings import OWASP_PARALLELISM, Settings
from palaver.identity.signing_in import SigningIn
from palaver.identity.smtp_mailer import SmtpMailer
from palaver.identity.tickets import Tickets
from palaver.identity.trail import Trail
from palaver.identity.wishes import Wishes
from palaver.servicekit.configured import limits_route
from palaver.servicekit.database import Database
from palaver.servicekit.dependencies import Dependencies
from palaver.servicekit.redis import Redis
from palaver.servicekit.routes import answer, bind, consume
from palaver.servicekit.sealing import KeyPair
from palaver.servicekit.secret_keys import raw_key
from palaver.servicekit.service import Kit, Service
from palaver.servicekit.transactions import Transactions

SCHEMA = "identity"
MIGRATIONS = Path(__file__).parent / "migrations"
AUDITS = tuple(subject for subject in EVENTS_SAID if subject.payload is AuditRecorded)
"""Every service's reports to the audit trail."""


def _now() -> datetime:
    return datetime.now(UTC)


def _mailer(settings: Settings) -> Mailer | None:
    if settings.mail is not None:
        return SmtpMailer(settings.mail)
    return None if settings.mail_directory is None else MailFolder(settings.mail_directory)


def build(settings: Settings, kit: Kit, *, clock: Clock = _now) -> Service:
    """Make the service; nothing runs yet."""
    metrics = IdentityMetrics(kit.metrics)
    database = Database(settings.database, schema=SCHEMA)
    redis = Redis(settings.redis)
    transactions = Transactions(database, kit.broker)
    access = timedelta(seconds=settings.access_token_seconds)
    hashing = Passwords(
        memory_kib=settings.argon2_memory_kib,
        iterations=settings.argon2_iterations,
        parallelism=OWASP_PARALLELISM,
        max_concurrent=settings.max_concurrent_hashes,
        seconds=metrics.hash_seconds,
    )
    access_tokens = AccessTokens(
        raw_key(settings.signing_key),
        settings.retired_signing_keys,
        issuer=settings.issuer,
        audience=settings.audience,
        lifetime=access,
    )
    endings = Endings(database, kit.broker, RedisEndings(redis), metrics, clock, access=access)
    families = Families(
        transactions,
        access_tokens,
        endings,
        metrics,
        clock,
        idle=timedelta(seconds=settings.refresh_token_seconds),
        longest=timedelta(seconds=settings.sign_in_seconds),
    )
    first_owner = FirstOwner(
        transactions,
        clock,
        codes_sha256=settings.owner_codes,
        lifetime=timedelta(seconds=settings.owner_sign_in_code_seconds),
    )
    proving = Proving(database, transactions, hashing, clock)
    second_factors = SecondFactors(
        database=database,
        transactions=transactions,
        proving=proving,
        authenticators=Authenticators(raw_key(settings.second_factor_key)),
        clock=clock,
    )
    second_steps = SecondSteps(transactions, second_factors, families, metrics, clock)
    boxes = Boxes(KeyPair.from_private(raw_key(settings.sealing_key)))
    trail = Trail(database, transactions, metrics, clock)
    http = HttpClient()
    issuers: dict[str, Issuer] = {
        name: GitHub(provider, http.client) if provider.kind == "github" else OidcIssuer(provider, http.client, clock)
        for name, provider in settings.oauth.items()
    }
    admission = Admission(database, settings.registration)
    mailer = _mailer(settings)
    postman = None
    if mailer is not None:
        url, local = settings.page_url, mailer.local
        desks = (ResetDesk(url, local=local), LetterDesk(url, local=local))
        postman = Postman(transactions, mailer, metrics, clock, desks)
    wake = None if postman is None else postman.nudge
    invited = InvitationHandlers(
        Invitations(
            database=database,
            transactions=transactions,
            admission=admission,
            clock=clock,
            page_url=settings.page_url,
            wake=wake,
        ),
        admission,
    )
    elsewhere = OAuthHandlers(
        boxes,
        OAuthSigningIn(
            issuers=issuers,
            names={name: provider.name for name, provider in settings.oauth.items()},
            attempts=RedisAttempts(redis),
            transactions=transactions,
            families=families,
            endings=endings,
            metrics=metrics,
            clock=clock,
            page_url=settings.page_url,
            admission=admission,
        ),
    )
    leaving = Leaving(
        transactions=transactions, proving=proving, second_factors=second_factors, endings=endings, clock=clock
    )
    administering = Administration(
        database=database, transactions=transactions, endings=endings, leaving=leaving, clock=clock, wake=wake
    )
    admin = AdminHandlers(administering, trail)
    handlers = Handlers(
        boxes=boxes,
        accounts=Accounts(
            database=database,
            transactions=transactions,
            passwords=hashing,
            families=families,
            metrics=metrics,
            clock=clock,
            admission=admission,
        ),
        leaving=leaving,
        signing_in=SigningIn(
            database=database,
            transactions=transactions,
            passwords=hashing,
            families=families,
            metrics=metrics,
            clock=clock,
            second_steps=second_steps,
        ),
        second_steps=second_steps,
        families=families,
        tickets=Tickets(RedisTickets(redis), database, metrics, clock, seconds=settings.ticket_seconds, access=access),
        access_tokens=access_tokens,
        trail=trail,
    )
    own = AccountHandlers(
        boxes=boxes,
        devices=Devices(database, transactions, endings, clock),
        password_changes=PasswordChanges(
            database=database,
            transactions=transactions,
            passwords=hashing,
            proving=proving,
            endings=endings,
            clock=clock,
        ),
        password_resets=PasswordResets(
            database=database,
            transactions=transactions,
            passwords=hashing,
            endings=endings,
            clock=clock,
            wake=wake,
        ),
        second_factors=second_factors,
        wishes=Wishes(database),
    )
    housekeeping = Housekeeping(database, clock, audit_retention=timedelta(days=settings.audit_retention_days))
    dependencies = Dependencies(kit, {"postgres": database.ping, "redis": redis.ping})
    return Service(
        name=identity.OWNER,
        routes=(
            limits_route(identity.LIMITS_GET, settings, identity.OWNER),
            answer(identity.USER_REGISTER, handlers.user_register),
            answer(identity.USER_LOGIN, handlers.user_login),
            answer(identity.USER_REFRESH, handlers.user_refresh),
            answer(identity.USER_LOGOUT, handlers.user_logout),
            answer(identity.LINK_REDEEM, handlers.link_redeem),
            answer(identity.TICKET_ISSUE, handlers.ticket_issue),
            answer(identity.TICKET_REDEEM, handlers.ticket_redeem),
            answer(identity.USER_GET, handlers.user_get),
            answer(identity.USER_UPDATE, handlers.user_update),
            answer(sign_ins.SIGN_IN_LIST, own.sign_in_list),
            answer(sign_ins.SIGN_IN_END, own.sign_in_end),
            answer(sign_ins.SIGN_IN_END_OTHERS, own.sign_in_end_others),
            answer(passwords.PASSWORD_CHANGE, own.password_change),
            answer(passwords.PASSWORD_RESET_REQUEST, own.password_reset_request),
            answer(passwords.PASSWORD_RESET, own.password_reset),
            answer(second_factor.SECOND_FACTOR_REDEEM, handlers.second_factor_redeem),
            answer(second_factor.SECOND_FACTOR_GET, own.second_factor_get),
            answer(second_factor.SECOND_FACTOR_BEGIN, own.second_factor_begin),
            answer(second_factor.SECOND_FACTOR_CONFIRM, own.second_factor_confirm),
            answer(second_factor.SECOND_FACTOR_DISABLE, own.second_factor_disable),
            answer(second_factor.RECOVERY_CODES_RENEW, own.recovery_codes_renew),
            answer(preferences.PREFERENCES_GET, own.preferences_get),
            answer(preferences.PREFERENCES_SET, own.preferences_set),
            answer(identity.USER_DELETE, handlers.user_delete),
            answer(oauth.OAUTH_PROVIDERS, elsewhere.oauth_providers),
            answer(oauth.OAUTH_BEGIN, elsewhere.oauth_begin),
            answer(oauth.OAUTH_FINISH, elsewhere.oauth_finish),
            answer(administration.PEOPLE_LIST, admin.people_list),
            answer(administration.PERSON_GET, admin.person_get),
            answer(administration.PERSON_CHANGE, admin.person_change),
            answer(administration.PERSON_DELETE, admin.person_delete),
            answer(administration.SECOND_FACTOR_RESET, admin.second_factor_reset),
            answer(administration.SIGN_INS_LIST, admin.sign_ins_list),
            answer(administration.SIGN_INS_END, admin.sign_ins_end),
            answer(administration.AUDIT_SEARCH, admin.audit_search),
            answer(invitations.INVITATION_CREATE, invited.invitation_create),
            answer(invitations.INVITATION_LIST, invited.invitation_list),
            answer(invitations.INVITATION_REVOKE, invited.invitation_revoke),
            answer(invitations.REGISTRATION_GET, invited.registration_get),
            answer(identity.JWKS_GET, handlers.jwks_get),
            answer(identity.AUDIT_LIST, handlers.audit_list),
            answer(identity.TRAIL_READ, handlers.trail_read),
            answer(identity.ROLE_READ, handlers.role_read),
            consume(
                DURABLES["identity-audit"],
                *(bind(audit, handlers.on_audit_recorded(audit.address.owner)) for audit in AUDITS),
            ),
        ),
        resources=(database, redis, http, hashing, first_owner),
        measured=(transactions,),
        tasks={
            "outbox": transactions.relay,
            "endings": endings.run,
            **({} if postman is None else {"postman": postman.run}),
            "first-owner": first_owner.ensure,
            "housekeeping": housekeeping.run,
            "people-who-left": leaving.remind,
            "dependencies": dependencies.run,
        },
        drain_seconds=settings.drain_seconds,
    )
