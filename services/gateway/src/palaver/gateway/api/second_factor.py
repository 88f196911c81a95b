"""The second proof beside a password: given when signing in, turned on and off when signed in."""

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from palaver.contracts.identity import MAX_PASSWORD_CHARACTERS, SEAL_CONTEXT_ANSWER, SEAL_CONTEXT_REQUEST
from palaver.contracts.second_factor import (
    RECOVERY_CODES_RENEW,
    SECOND_FACTOR_BEGIN,
    SECOND_FACTOR_CONFIRM,
    SECOND_FACTOR_DISABLE,
    SECOND_FACTOR_GET,
    SECOND_FACTOR_REDEEM,
    AuthenticatorSecret,
    BeginSecondFactor,
    Code,
    CodeProof,
    ConfirmSecondFactor,
    DisableSecondFactor,
    FullProof,
    PasswordProof,
    ReadSecondFactor,
    RecoveryCodes,
    RedeemSecondFactor,
    RenewRecoveryCodes,
    SecondFactorState,
    SecondStep,
)
from palaver.gateway.api.account import limited_proof
from palaver.gateway.api.auth import Reply, SignedInView, limited_sign_in
from palaver.gateway.api.envelope import Envelope, done
from palaver.gateway.api.surroundings import Around, Authenticated
from palaver.gateway.recipients import reply_key_of
from palaver.servicekit.sealing import KeyPair, unseal

router = APIRouter()


class SecondStepBody(BaseModel):
    """The `challenge` from the details of SECOND_FACTOR_REQUIRED, and a code of the authenticator or for recovery."""

    challenge: str = Field(min_length=1, max_length=200, repr=False)
    code: Code


class PasswordProofBody(BaseModel):
    """Your password once more."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)


class CodeBody(BaseModel):
    """A code of the authenticator."""

    code: Code


class FullProofBody(BaseModel):
    """Your password and a code."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS, repr=False)
    code: Code


@router.post("/auth/login/second-factor", tags=["auth"], dependencies=[Depends(limited_sign_in)])
async def second_step(
    body: SecondStepBody, request: Request, response: Response, around: Around
) -> Envelope[SignedInView]:
    """The second step of signing in."""
    reply = Reply(request, response, around)
    step = SecondStep(challenge=body.challenge, code=body.code)
    answer = await around.broker.ask(
        SECOND_FACTOR_REDEEM,
        RedeemSecondFactor(
            reply_key=reply.key,
            address=reply.address,
            device=reply.device,
            sealed=around.identity.seal(step, context=SEAL_CONTEXT_REQUEST),
        ),
    )
    return reply.signed_in(answer)


@router.get("/users/me/second-factor", tags=["users"])
async def read_second_factor(who: Authenticated, around: Around) -> Envelope[SecondFactorState]:
    """Whether your password needs a second proof."""
    return Envelope(data=await around.broker.ask(SECOND_FACTOR_GET, ReadSecondFactor(actor=who.actor)))


@router.post("/users/me/second-factor", tags=["users"], dependencies=[Depends(limited_proof)])
async def begin_second_factor(
    body: PasswordProofBody, who: Authenticated, around: Around
) -> Envelope[AuthenticatorSecret]:
    """A secret for your authenticator. Nothing changes before you confirm it with a code."""
    keys = KeyPair.generate()
    sealed = around.identity.seal(PasswordProof(password=body.password), context=SEAL_CONTEXT_REQUEST)
    request = BeginSecondFactor(actor=who.actor, reply_key=reply_key_of(keys), sealed=sealed)
    answer = await around.broker.ask(SECOND_FACTOR_BEGIN, request)
    return Envelope(data=unseal(answer.sealed, AuthenticatorSecret, keys=keys, context=SEAL_CONTEXT_ANSWER))


@router.post("/users/me/second-factor/confirm", tags=["users"], dependencies=[Depends(limited_proof)])
async def confirm_second_factor(body: CodeBody, who: Authenticated, around: Around) -> Envelope[RecoveryCodes]:
    """Turn it on. Keep the recovery codes: each replaces the authenticator once, and they are never shown again."""
    keys = KeyPair.generate()
    sealed = around.identity.seal(CodeProof(code=body.code), context=SEAL_CONTEXT_REQUEST)
    request = ConfirmSecondFactor(actor=who.actor, reply_key=reply_key_of(keys), sealed=sealed)
    answer = await around.broker.ask(SECOND_FACTOR_CONFIRM, request)
    return Envelope(data=unseal(answer.sealed, RecoveryCodes, keys=keys, context=SEAL_CONTEXT_ANSWER))


@router.post("/users/me/second-factor/disable", tags=["users"], dependencies=[Depends(limited_proof)])
async def disable_second_factor(body: FullProofBody, who: Authenticated, around: Around) -> Envelope[None]:
    """Turn it off."""
    proof = FullProof(password=body.password, code=body.code)
    sealed = around.identity.seal(proof, context=SEAL_CONTEXT_REQUEST)
    await around.broker.ask(SECOND_FACTOR_DISABLE, DisableSecondFactor(actor=who.actor, sealed=sealed))
    return done()


@router.post("/users/me/second-factor/recovery-codes", tags=["users"], dependencies=[Depends(limited_proof)])
async def renew_recovery_codes(body: FullProofBody, who: Authenticated, around: Around) -> Envelope[RecoveryCodes]:
    """New recovery codes, which are never shown again; those before are void."""
    keys = KeyPair.generate()
    proof = FullProof(password=body.password, code=body.code)
    sealed = around.identity.seal(proof, context=SEAL_CONTEXT_REQUEST)
    request = RenewRecoveryCodes(actor=who.actor, reply_key=reply_key_of(keys), sealed=sealed)
    answer = await around.broker.ask(RECOVERY_CODES_RENEW, request)
    return Envelope(data=unseal(answer.sealed, RecoveryCodes, keys=keys, context=SEAL_CONTEXT_ANSWER))
