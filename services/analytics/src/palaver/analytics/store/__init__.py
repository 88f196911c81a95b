"""Facts, rollups and reservations in Postgres: tables, and the hand-written statements over them.

Every transaction that moves a payer's money begins by locking the row of the payer's day. So limits hold under any
concurrency, and locks are always taken in the same order: day, fact, rollup, reservation.
"""
