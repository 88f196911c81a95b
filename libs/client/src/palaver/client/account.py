"""A person's own account: settings, second factor, deletion. Password and devices are `palaver.rest`'s."""

from palaver.client.rest import Rest
from palaver.contracts.preferences import Preferences
from palaver.contracts.second_factor import AuthenticatorSecret, RecoveryCodes, SecondFactorState

ME = "/api/v1/users/me"


class OwnAccount:
    """`palaver.account`."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def settings(self) -> Preferences:
        """How the person wants Palaver to look and to behave."""
        return Preferences.model_validate(await self._rest.get(f"{ME}/settings"))

    async def set_settings(self, wanted: Preferences) -> Preferences:
        """Replace them all."""
        return Preferences.model_validate(
            await self._rest.call("PUT", f"{ME}/settings", wanted.model_dump(mode="json", exclude_none=True))
        )

    async def second_factor(self) -> SecondFactorState:
        """Whether the password needs a second proof."""
        return SecondFactorState.model_validate(await self._rest.get(f"{ME}/second-factor"))

    async def begin_second_factor(self, password: str) -> AuthenticatorSecret:
        """A secret for an authenticator; nothing changes before it is confirmed. Raises Failure(CONFLICT) if one is
        on already."""
        made = await self._rest.post(f"{ME}/second-factor", {"password": password})
        return AuthenticatorSecret.model_validate(made)

    async def confirm_second_factor(self, code: str) -> tuple[str, ...]:
        """Turn it on; returns the recovery codes, which are never told again."""
        return RecoveryCodes.model_validate(await self._rest.post(f"{ME}/second-factor/confirm", {"code": code})).codes

    async def renew_recovery_codes(self, password: str, code: str) -> tuple[str, ...]:
        """New recovery codes; those before are void. Raises Failure(INVALID_CREDENTIALS, SECOND_FACTOR_INVALID)."""
        proof = {"password": password, "code": code}
        return RecoveryCodes.model_validate(await self._rest.post(f"{ME}/second-factor/recovery-codes", proof)).codes

    async def disable_second_factor(self, password: str, code: str) -> None:
        """Turn it off. Raises Failure(INVALID_CREDENTIALS, SECOND_FACTOR_INVALID)."""
        await self._rest.post(f"{ME}/second-factor/disable", {"password": password, "code": code})

    async def delete(self, password: str | None, code: str | None = None) -> None:
        """For good, with everything that refers to it. Who has no password must have signed in just now; who has a
        second factor gives a code, too. Raises Failure(INVALID_CREDENTIALS, SECOND_FACTOR_INVALID, SIGN_IN_TOO_OLD)."""
        proof = {name: given for name, given in (("password", password), ("code", code)) if given is not None}
        await self._rest.call("DELETE", ME, proof or None)
