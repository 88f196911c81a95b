"""People and their passwords' hashes. A hash leaves the table only by `with_password`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from palaver.contracts.actors import Role
from palaver.contracts.ids import UserId
from palaver.identity.domain import Status, User
from palaver.identity.store.tables import passwords, users


async def read(conn: AsyncConnection, user_id: UserId) -> User | None:
    """The person, whatever their status."""
    row = (await conn.execute(select(users).where(users.c.id == user_id))).first()
    return None if row is None else user_of(row)


async def with_password(conn: AsyncConnection, email: str) -> tuple[User, str | None] | None:
    """The person with this normal e-mail address, and the hash of their password if they have one."""
    statement = select(users, passwords.c.hash).join_from(users, passwords, isouter=True).where(users.c.email == email)
    row = (await conn.execute(statement)).first()
    return None if row is None else (user_of(row), row.hash)


async def add(conn: AsyncConnection, user: User) -> bool:
    """A new person; False if the e-mail address is taken."""
    values = {
        "id": user.id,
        "email": user.email,
        "nickname": user.nickname,
        "avatar_url": user.avatar_url,
        "role": user.role.value,
        "status": user.status.value,
        "created_at": user.created_at,
    }
    statement = upsert(users).values(values).on_conflict_do_nothing(index_elements=["email"])
    return (await conn.execute(statement)).rowcount == 1


async def set_password(conn: AsyncConnection, user_id: UserId, new_hash: str, now: datetime) -> None:
    """The first password of a person, or one in the place of whatever they had."""
    statement = upsert(passwords).values(user_id=user_id, hash=new_hash, changed_at=now)
    changed = {"hash": new_hash, "changed_at": now}
    await conn.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=changed))


async def password_of(conn: AsyncConnection, user_id: UserId) -> str | None:
    """The hash of their password, if they have one."""
    return (await conn.execute(select(passwords.c.hash).where(passwords.c.user_id == user_id))).scalar_one_or_none()


async def has_password(conn: AsyncConnection, user_id: UserId, stored: str) -> bool:
    """Whether this is still the hash; it stays so until the transaction ends."""
    same = (passwords.c.user_id == user_id) & (passwords.c.hash == stored)
    return (await conn.execute(select(passwords.c.user_id).where(same).with_for_update(read=True))).first() is not None


async def replace_password(
    conn: AsyncConnection, user_id: UserId, old_hash: str | None, new_hash: str, now: datetime
) -> bool:
    """Another password in the place of that one, or of none; False if it was changed meanwhile."""
    if old_hash is None:
        first = upsert(passwords).values(user_id=user_id, hash=new_hash, changed_at=now)
        return (await conn.execute(first.on_conflict_do_nothing())).rowcount == 1
    same = (passwords.c.user_id == user_id) & (passwords.c.hash == old_hash)
    return (await conn.execute(update(passwords).where(same).values(hash=new_hash, changed_at=now))).rowcount == 1


async def rehash_password(conn: AsyncConnection, user_id: UserId, old_hash: str, new_hash: str) -> None:
    """The same password under other parameters; nothing happens if it was changed meanwhile."""
    same = (passwords.c.user_id == user_id) & (passwords.c.hash == old_hash)
    await conn.execute(update(passwords).where(same).values(hash=new_hash))


async def change(conn: AsyncConnection, user_id: UserId, changes: dict[str, Any]) -> User | None:
    """Write the given columns; None if there is no such person."""
    statement = update(users).where(users.c.id == user_id).values(changes).returning(users)
    row = (await conn.execute(statement)).first()
    return None if row is None else user_of(row)


async def lock(conn: AsyncConnection, user_id: UserId) -> User | None:
    """The person, locked until the transaction ends."""
    row = (await conn.execute(select(users).where(users.c.id == user_id).with_for_update())).first()
    return None if row is None else user_of(row)


async def by_email(conn: AsyncConnection, email: str) -> User | None:
    """The person with this normal e-mail address, locked until the transaction ends."""
    row = (await conn.execute(select(users).where(users.c.email == email).with_for_update())).first()
    return None if row is None else user_of(row)


async def drop_password(conn: AsyncConnection, user_id: UserId) -> None:
    """Nobody signs in with it any more."""
    await conn.execute(delete(passwords).where(passwords.c.user_id == user_id))


async def bury(conn: AsyncConnection, user: User, now: datetime) -> None:
    """Delete a person with everything that refers to them, and put a row in their place that says that they were.

    Its address is none that anybody could register.
    """
    await conn.execute(delete(users).where(users.c.id == user.id))
    await conn.execute(
        insert(users).values(
            id=user.id,
            email=f"deleted:{user.id}",
            nickname="",
            role=Role.MEMBER.value,
            status=Status.DELETED.value,
            created_at=user.created_at,
            deleted_at=now,
        )
    )


async def administrator(conn: AsyncConnection, user_id: UserId) -> User | None:
    """The person, if they may administer others as things are now."""
    user = await read(conn, user_id)
    rules = user is not None and user.status is Status.ACTIVE and user.role in {Role.OWNER, Role.ADMIN}
    return user if rules else None


async def buried_since(conn: AsyncConnection, since: datetime) -> Sequence[tuple[UserId, datetime]]:
    """Who left, and when."""
    statement = select(users.c.id, users.c.deleted_at).where(users.c.deleted_at >= since)
    return [(UserId(row.id), row.deleted_at) for row in await conn.execute(statement)]


async def has_other_owner(conn: AsyncConnection, user_id: UserId) -> bool:
    """Whether somebody else could run the installation. True for as long as `lock_owners` is held."""
    others = select(users.c.id).where(
        users.c.role == Role.OWNER.value, users.c.status == Status.ACTIVE.value, users.c.id != user_id
    )
    return (await conn.execute(others.limit(1))).first() is not None


async def first_owner(conn: AsyncConnection) -> User | None:
    """The oldest account with the role owner."""
    statement = select(users).where(users.c.role == Role.OWNER.value).order_by(users.c.created_at).limit(1)
    row = (await conn.execute(statement)).first()
    return None if row is None else user_of(row)


async def lock_owners(conn: AsyncConnection) -> None:
    """Who is an owner changes in one transaction at a time; held until it ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtext("palaver.identity.owners"))))


def user_of(row: Row[Any]) -> User:
    """From a row that has the columns of `users`."""
    return User(
        id=UserId(row.id),
        email=row.email,
        nickname=row.nickname,
        avatar_url=row.avatar_url,
        role=Role(row.role),
        status=Status(row.status),
        created_at=row.created_at,
    )
