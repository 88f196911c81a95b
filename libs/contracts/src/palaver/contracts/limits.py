"""All limits that people or several processes must be able to rely on, each once, with its unit and its reason.

Times here are defaults of settings unless it is said that they are fixed; `docs/limits.md` is made from this file and
from the settings that take their defaults from it. What only one process needs to know stands where it is used.
"""

# ---- Messages and rooms ----

MAX_MESSAGE_CHARACTERS = 10_000
"""Code points in one message of a person. Beyond: `MESSAGE_TOO_LONG`."""
MAX_FRAME_BYTES = 1024**2
"""One WebSocket frame or REST body of a client. Beyond: close code 1009, or `FRAME_TOO_LARGE`."""
MAX_PARTICIPANTS = 10
"""Models in one room. Beyond: `TOO_MANY_PARTICIPANTS`."""
MAX_NAME_CHARACTERS = 80
"""A participant's name."""
MAX_TITLE_CHARACTERS = 200
"""A room's title."""
MAX_SYSTEM_PROMPT_CHARACTERS = 20_000
"""A system prompt, of a room or of one model."""
MAX_SESSIONS_PER_OWNER = 10_000
"""Rooms that one person has, archived ones included and deleted ones not. Beyond: `TOO_MANY_SESSIONS`."""
DELETED_ROOM_DAYS = 30
"""A deleted room can be restored for so long; then it goes for good, with every row of it."""
MESSAGES_PER_MINUTE = 120
"""Posts of one person, by WebSocket and REST, over all gateways. Beyond: `RATE_LIMITED`, which says when to try
again; a burst of the whole number is allowed, and it refills evenly."""
MAX_PINNED_MESSAGES = 50
"""Pinned messages and replies in one room. Beyond: `TOO_MANY_PINNED`."""
MAX_REPLY_VERSIONS = 20
"""Versions of one answer, those that failed included. Beyond: `CONFLICT`."""
MAX_BRANCHES = 200
"""Branches of one room: wordings of a message that were tried. Beyond: `CONFLICT`."""
MAX_FEEDBACK_CHARACTERS = 1_000
"""What a person says about an answer besides good or bad."""
MAX_DISCOVERED_MODELS = 1_000
"""Models of a provider that are shown when it is asked for them."""
MAX_ADDED_PROVIDERS = 100
"""Providers that administrators add to the catalogue. Beyond: `CONFLICT`."""
MAX_ADDED_MODELS = 1_000
"""Models that administrators add to the catalogue. Beyond: `CONFLICT`."""
MAX_PERSONAS = 100
"""Personas that one person keeps. Beyond: `TOO_MANY_PERSONAS`."""
MAX_SLUG_CHARACTERS = 60
"""What names a persona."""
MAX_PERSONA_DESCRIPTION_CHARACTERS = 200
"""What a persona is for, in a line."""
MAX_SUMMARY_CHARACTERS = 20_000
"""A summary of a conversation's older part, as a person may write it."""
MAX_SUMMARY_VERSIONS = 50
"""Versions of summaries kept for a room; the oldest go first."""
MAX_METADATA_ENTRIES = 16
"""What a client may attach to a message and gets back in its event."""
MAX_METADATA_CHARACTERS = 512
"""One such entry, name and value."""
MAX_PAGE = 200
"""Items in one page, if asked for."""
DEFAULT_PAGE = 50
"""Items in one page, if nothing is said."""
MAX_HEADS_PER_REQUEST = 1_000
"""Rooms whose newest entry a gateway asks for at once."""
MAX_LOG_PAGE = 500
"""Log entries in one answer; who needs more asks again."""
POST_PARTITIONS = 16
"""Fixed: posts of one room always share a partition, and a partition handles one post at a time."""

# ---- Provider keys ----

MAX_KEY_LABEL_CHARACTERS = 80
"""What its owner calls a key."""
MAX_KEY_WEIGHT = 100
"""A key's share of the calls among keys of the same order, from 1."""
MAX_KEY_ORDER = 999
"""A key's place; those with the lowest are used first, from 0."""
MAX_KEY_QUOTA_CALLS = 1_000_000_000
"""Provider calls in a day or a month, as a key's quota may say."""
MAX_KEY_QUOTA_DOLLARS = 1_000_000_000
"""The same in US dollars."""
KEY_QUOTA_WARNING = 0.8
"""Fixed: the part of a key's quota that is used when its keeper is warned."""
KEY_HABIT_DAYS = 14
"""Days before today whose average, over those with a call, is a key's habit."""
KEY_HABIT_MIN_DAYS = 3
"""Of them, so many must have a call: before that there is no habit to compare with."""
KEY_UNUSUAL_FACTOR = 5
"""A day with more than so many times a key's habit is unusual."""
KEY_UNUSUAL_CALLS = 50
"""Below so many calls a day none is."""
KEY_UNUSUAL_DOLLARS = 1
"""Below so many US dollars a day none is."""
KEY_UNUSUAL_FAILURES = 20
"""So many failed calls a day are unusual, if they are most of that day's and beyond the habit."""
KEY_SILENT_DAYS = 30
"""A call is unusual with a key that had none for so long."""
MAX_KEY_USAGE_DAYS = 400
"""Days of a key's usage that are kept, and that one question may be about."""
KEY_LEASE_SECONDS = 60
"""A worker keeps a key in memory no longer; a revocation that it missed ends here at the latest."""
KEY_CANDIDATES_SECONDS = 60.0
"""Likewise what it knows of which keys there are."""
MIN_PASSPHRASE_CHARACTERS = 12
"""What a client takes as a passphrase for keys. The server never sees one and cannot check it."""
MIN_PASSPHRASE_ITERATIONS = 600_000
"""Of PBKDF2-HMAC-SHA-256, and what clients use: what OWASP asks for."""
MAX_PASSPHRASE_ITERATIONS = 10_000_000
"""Beyond, a phone would not finish."""
KEY_UNLOCK_SECONDS = 43_200.0
"""Keys that were unlocked are locked again after twelve hours, if the sign-in does not end before."""

# ---- Invitations ----

MAX_INVITATION_USES = 1_000
"""Accounts that one invitation opens. One that is bound to an address opens one."""
INVITATION_DAYS = 7
"""An invitation works for so long, if nothing is said."""
MAX_INVITATION_DAYS = 90
"""And no longer than this."""
MAX_OPEN_INVITATIONS = 1_000
"""Invitations that could be used at a time. Beyond: `CONFLICT`."""

# ---- Links to rooms ----

MAX_SHARES = 50
"""Links to one room that work at a time. Beyond: `CONFLICT`."""
MAX_SHARED_MESSAGES = 10_000
"""A link shows the last so many messages and replies of what the room showed when it was made."""
SHARED_PAGE = 50
"""Fixed: messages that a reader of a link is given at once."""
MAX_SHARE_DAYS = 365
"""A link that ends by itself ends after so long at the latest."""
SHARED_READS_PER_MINUTE = 120
"""Reads of links from one address, which need no sign-in. Beyond: `RATE_LIMITED`."""

# ---- A connection ----

MAX_CONNECTIONS_PER_USER = 50
"""Connections of one person, over all gateways: WebSockets, event streams and long polls. Beyond:
`TOO_MANY_CONNECTIONS`, 4009."""
MAX_CONNECTIONS_IN_ALL = 50_000
"""Connections of everybody, over all gateways. Beyond: `TOO_MANY_CONNECTIONS`, 4009."""
MAX_CONNECTIONS = 12_000
"""Connections of one gateway, which has to keep them in memory. Beyond: `TOO_MANY_CONNECTIONS`, 4009."""
CONNECTION_LEASE_SECONDS = 15.0
"""The connections of a gateway that was killed are counted for so long; those that live renew their lease three times
in it."""
MAX_ATTACHED_SESSIONS = 50
"""Rooms that one WebSocket follows; an event stream and a long poll follow one. Beyond: `TOO_MANY_SESSIONS`."""
REQUESTS_PER_MINUTE = 600
"""REST requests of one person, over all gateways. Beyond: `RATE_LIMITED`, which says when to try again."""

HEARTBEAT_SECONDS = 30.0
"""Between the server's pings. Shorter than the minute after which common proxies cut what is silent."""
SILENCE_SECONDS = 300.0
"""No sign of life from a client, not even an answer to a ping, for this long ends its connection. A connection that
answers pings is never closed for idleness."""
AUTHENTICATE_SECONDS = 10.0
"""Patience for the first frame of a client that did not sign in with its handshake. Then `UNAUTHENTICATED`, 4001."""
STALL_SECONDS = 30.0
"""A client that takes no byte of what waits for it for this long is closed with 4008; it attaches again and has lost
nothing."""
CLOSE_SECONDS = 5.0
"""Patience for a client's answer to a close before its socket is cut."""
COMMENT_SECONDS = 15.0
"""Between comments that keep an event stream alive where a proxy cuts what is silent."""
LONGEST_POLL_SECONDS = 60.0
"""A long poll is answered after this, whatever it asks for."""

# ---- A discussion and its turns ----

MAX_ISSUED_TURNS_PER_PAYER = 20
"""Turns of one person, who pays for them, that may run or be offered at once, in all rooms together. The rest waits,
oldest first, and is refused nothing."""
ROUND_SECONDS = 1_800.0
"""A discussion, from its first turn: no further step begins after it, and the round ends with the reason `limit`."""
TURN_DEADLINE_SECONDS = 1_800.0
"""A turn, from its first issue to its end, all attempts and all their calls included. Then `TIMEOUT` and "The turn's
time is over"; what was written is kept."""
DEADLINE_GRACE_SECONDS = 10.0
"""A worker keeps the turn's deadline itself. So much later session ends the turn, whoever runs it, with
`TIMEOUT` and the sentence "The answer took too long"."""
TURN_LEASE_SECONDS = 6.0
"""A worker that renews no claim for this long is dead, and its turns begin again elsewhere: three renewals, and well
within the ten seconds in which that is promised."""
TURN_RENEW_SECONDS = 2.0
"""Fixed: how often a worker renews its claims and stores the text so far; what a crash of everything may cost."""
TURN_RENEW_REPEAT_SECONDS = 0.5
"""Fixed: a renewal without an answer is repeated after this."""
MAX_TURN_DEATHS = 3
"""Workers that may die of one turn. Then `INTERRUPTED`; what was written is kept."""
SWEEP_SECONDS = 1.0
"""How often each replica of session looks for turns that nobody runs."""
UNCLAIMED_SECONDS = 10.0
"""A turn that no worker took is offered again after this, for a publish that timed out may or may not have arrived."""
LONGEST_UNCLAIMED_SECONDS = 120.0
"""The wait between two offers doubles up to this."""
RESERVATION_SECONDS = TURN_DEADLINE_SECONDS + 300.0
"""Fixed: money set aside for a turn or a side job whose end never came is free again after the longest turn and five
minutes."""

# ---- Side jobs: summaries, titles, moderators' choices ----

COMPLETION_SECONDS = 600.0
"""A side job, from a worker's start with it to its outcome, all its calls included. Then `TIMEOUT`."""
MAX_COMPLETION_DELIVERIES = 3
"""Fixed: workers to which a side job is given. The last one only says that it failed, with `INTERRUPTED`: the job has
ended too many of them."""
MAX_COMPLETION_MESSAGES = 10_000
"""Messages that a side job may be asked about."""
MAX_COMPLETION_CHARACTERS = 1_500_000
"""Code points of a side job, instructions included: four bytes each fit into one message of the broker. What does not
fit into the model's window fails with `CONTEXT_OVERFLOW`."""

# ---- A provider call ----

CONNECT_SECONDS = 10.0
"""Connecting to a provider. Then `PROVIDER_UNAVAILABLE`, and another call if time is left."""
FIRST_TOKEN_SECONDS = 180.0
"""From a call to its first text: models may think. Then `PROVIDER_TIMEOUT`, and another call if time is left."""
GAP_SECONDS = 60.0
"""Silence inside an answer. Then `PROVIDER_TIMEOUT`; what was written is kept, and no other call follows."""
CALL_SECONDS = 1_800.0
"""A whole call, however lively. Then `PROVIDER_TIMEOUT`; what was written is kept."""
MAX_PROVIDER_CALLS = 200
"""Calls of one provider that one worker makes at once, unless the catalogue says otherwise; more of them wait without
failing, and the people who pay for them take turns."""
FLUSH_WINDOW_SECONDS = 0.02
"""Text of a turn is sent at most once in this time; the first text at once."""
MAX_ANSWER_CHARACTERS = 256 * 1024
"""Code points in one answer, which then ends as one that reached its tokens (`length`); ten of them fit into one
message of the broker."""

# ---- The Python client ----

OPEN_SECONDS = 10.0
"""Fixed: opening a WebSocket, until the server has accepted it."""
REQUEST_SECONDS = 30.0
"""Fixed: a request, until its answer. Longer than any question between services, so that the server's own error comes
first."""
CONFIRM_SECONDS = 10.0
"""Fixed: a post that was not seen as `message.posted` by then is sent again; its id makes that harmless."""
LONGEST_RECONNECT_SECONDS = 5.0
"""Fixed: the pause between two attempts to connect doubles up to this, less a random half of it at most."""
