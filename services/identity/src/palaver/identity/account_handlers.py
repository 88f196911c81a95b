"""The inbound edge for what people do with their own accounts. Decides nothing."""

from palaver.contracts.passwords import (
    ChangePassword,
    PasswordChange,
    PasswordReset,
    RequestPasswordReset,
    ResetPassword,
)
from palaver.contracts.preferences import Preferences, ReadPreferences, SetPreferences
from palaver.contracts.second_factor import (
    BeginSecondFactor,
    CodeProof,
    ConfirmSecondFactor,
    DisableSecondFactor,
    FullProof,
    NewAuthenticator,
    NewRecoveryCodes,
    PasswordProof,
    ReadSecondFactor,
    RecoveryCodes,
    RenewRecoveryCodes,
    SecondFactorState,
)
from palaver.contracts.session import Done
from palaver.contracts.sign_ins import EndOtherSignIns, EndSignIn, ListSignIns, OtherSignInsEnded, SignInList
from palaver.identity.boxes import Boxes, reply_to
from palaver.identity.devices import Devices
from palaver.identity.password_changes import PasswordChanges
from palaver.identity.password_resets import PasswordResets
from palaver.identity.second_factors import SecondFactors
from palaver.identity.wishes import Wishes


class AccountHandlers:
    """One method per subject."""

    def __init__(
        self,
        *,
        boxes: Boxes,
        devices: Devices,
        password_changes: PasswordChanges,
        password_resets: PasswordResets,
        second_factors: SecondFactors,
        wishes: Wishes,
    ) -> None:
        self._second_factors = second_factors
        self._boxes = boxes
        self._devices = devices
        self._password_changes = password_changes
        self._wishes = wishes
        self._password_resets = password_resets

    async def sign_in_list(self, request: ListSignIns) -> SignInList:
        """Answer `sign-in.list`."""
        return SignInList(sign_ins=await self._devices.list(request.actor, request.sid))

    async def sign_in_end(self, request: EndSignIn) -> Done:
        """Answer `sign-in.end`."""
        await self._devices.end(request.actor, request.sign_in_id)
        return Done()

    async def sign_in_end_others(self, request: EndOtherSignIns) -> OtherSignInsEnded:
        """Answer `sign-in.end-others`."""
        return OtherSignInsEnded(ended=await self._devices.end_others(request.actor, request.sid))

    async def password_change(self, request: ChangePassword) -> Done:
        """Answer `password.change`."""
        change = self._boxes.open(request.sealed, PasswordChange)
        await self._password_changes.change(request.actor, request.sid, change)
        return Done()

    async def password_reset_request(self, request: RequestPasswordReset) -> Done:
        """Answer `password-reset.request`."""
        await self._password_resets.ask(request)
        return Done()

    async def password_reset(self, request: ResetPassword) -> Done:
        """Answer `password.reset`."""
        await self._password_resets.reset(self._boxes.open(request.sealed, PasswordReset), request.address)
        return Done()

    async def second_factor_get(self, request: ReadSecondFactor) -> SecondFactorState:
        """Answer `second-factor.get`."""
        return await self._second_factors.state(request.actor)

    async def second_factor_begin(self, request: BeginSecondFactor) -> NewAuthenticator:
        """Answer `second-factor.begin`."""
        reply = reply_to(request.reply_key)
        proof = self._boxes.open(request.sealed, PasswordProof)
        return NewAuthenticator(sealed=reply.seal(await self._second_factors.begin(request.actor, proof.password)))

    async def second_factor_confirm(self, request: ConfirmSecondFactor) -> NewRecoveryCodes:
        """Answer `second-factor.confirm`."""
        reply = reply_to(request.reply_key)
        proof = self._boxes.open(request.sealed, CodeProof)
        codes = await self._second_factors.confirm(request.actor, proof.code)
        return NewRecoveryCodes(sealed=reply.seal(RecoveryCodes(codes=codes)))

    async def second_factor_disable(self, request: DisableSecondFactor) -> Done:
        """Answer `second-factor.disable`."""
        proof = self._boxes.open(request.sealed, FullProof)
        await self._second_factors.disable(request.actor, proof.password, proof.code)
        return Done()

    async def recovery_codes_renew(self, request: RenewRecoveryCodes) -> NewRecoveryCodes:
        """Answer `recovery-codes.renew`."""
        reply = reply_to(request.reply_key)
        proof = self._boxes.open(request.sealed, FullProof)
        codes = await self._second_factors.renew_codes(request.actor, proof.password, proof.code)
        return NewRecoveryCodes(sealed=reply.seal(RecoveryCodes(codes=codes)))

    async def preferences_get(self, request: ReadPreferences) -> Preferences:
        """Answer `preferences.get`."""
        return await self._wishes.read(request.actor)

    async def preferences_set(self, request: SetPreferences) -> Preferences:
        """Answer `preferences.set`."""
        return await self._wishes.set(request.actor, request.preferences)
