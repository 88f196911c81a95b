/** Whatever of the stream is split, repeated, lost or read again by attaching: the page shows the server's text. */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { SessionEvent } from '@/contracts/frames'
import type { ServerFrame } from '@/contracts/protocol'

import { NOTHING_HEARD, type RoomClient, applyFrames } from './roomClient'
import { ROOM, attached, delta, event, reply, turn } from './sampleFrames'

/** For a hundred whole conversations on a busy machine. */
const PATIENCE_MS = 60_000
const SPEAKERS = ['ada', 'bo', 'cy'] as const
const anyWords = fc.array(fc.constantFrom('a', 'é', '話', '🌳', '👩‍👧', '\n', ' '), { minLength: 1, maxLength: 20 }).map((all) => all.join(''))

interface Answer {
  readonly text: string
  /** What was said of it before the call failed and was made again; null if it went at once. */
  readonly broken: string | null
}

const answer: fc.Arbitrary<Answer> = fc.record({ text: anyWords, broken: fc.option(anyWords) })

/** One step of one answer, or what happens to the connection; numbers choose by remainder. */
type Step =
  | { readonly kind: 'speak'; readonly who: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly frames: number }
  | { readonly kind: 'lose'; readonly who: number; readonly length: number }
  | { readonly kind: 'attach'; readonly anew: boolean }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('speak' as const), who: fc.nat(2), length: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), frames: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), who: fc.nat(2), length: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('attach' as const), anew: fc.boolean() }) },
)

/** A server with one round of three answers. It says everything in order; what arrives is the test's affair. */
class Server {
  readonly log: SessionEvent[] = []
  readonly answers: readonly Answer[]
  private readonly said = SPEAKERS.map(() => ({ attempt: 0, length: 0, ended: false }))

  constructor(answers: readonly Answer[]) {
    this.answers = answers
    for (const speaker of SPEAKERS) this.append({ name: 'turn.requested', data: turn(`of-${speaker}`, speaker) })
  }

  private append(entry: Parameters<typeof event>[1]): SessionEvent {
    const made = event(this.log.length + 1, entry)
    this.log.push(made)
    return made
  }

  /** What this speaker's next so many characters make the server send. */
  speak(who: number, length: number): ServerFrame[] {
    const speaker = SPEAKERS[who]
    const [state, words] = [this.said[who], this.answers[who]]
    if (!speaker || !state || !words || state.ended) return []
    const at = turn(`of-${speaker}`, speaker)
    const frames: ServerFrame[] = []
    if (state.attempt === 0) frames.push(this.start(who, words.broken === null ? 2 : 1))
    const whole = Array.from(this.text(who))
    const piece = whole.slice(state.length, state.length + length).join('')
    if (piece !== '') frames.push(delta(at.turn_id, state.length, piece, state.attempt))
    state.length = Math.min(whole.length, state.length + length)
    if (state.length < whole.length) return frames
    if (state.attempt === 1) return [...frames, this.start(who, 2)]
    state.ended = true
    return [...frames, this.append({ name: 'reply.appended', data: { ...at, reply: reply(at, words.text, who) } })]
  }

  private start(who: number, attempt: number): SessionEvent {
    const speaker = SPEAKERS[who] ?? 'ada'
    Object.assign(this.said[who] ?? {}, { attempt, length: 0 })
    return this.append({ name: 'turn.started', data: { ...turn(`of-${speaker}`, speaker), attempt, rank: who } })
  }

  private text(who: number): string {
    const words = this.answers[who]
    return (this.said[who]?.attempt === 1 ? words?.broken : words?.text) ?? ''
  }

  /** What is shown of a running answer by whoever heard all. */
  heard(who: number): string {
    return Array.from(this.text(who)).slice(0, this.said[who]?.length).join('')
  }

  attached(from: number | null): ServerFrame {
    const running = SPEAKERS.flatMap((speaker, who) => (this.said[who]?.ended ? [] : [{ who, turn: turn(`of-${speaker}`, speaker) }]))
    return attached({
      head_seq: this.log.length,
      recovered: from !== null,
      entries: from === null ? [] : this.log.slice(from),
      messages:
        from === null
          ? this.log.flatMap((one) =>
              one.name === 'reply.appended' ? [{ kind: 'reply' as const, turn: one.data, reply: one.data.reply, versions: 1 }] : [],
            )
          : [],
      running: running.map((one) => one.turn),
      live: running.flatMap(({ who, turn: at }) => {
        const text = this.heard(who)
        const attempt = this.said[who]?.attempt ?? 0
        if (attempt === 0) return []
        return [{ turn_id: at.turn_id, reply_id: at.reply_id, participant_id: at.participant_id, attempt, rank: who, offset: 0, text }]
      }),
    })
  }

  get over(): boolean {
    return this.said.every(({ ended }) => ended)
  }
}

/** As the page does: whatever left its room stale is healed by attaching again from where it stands. */
function healed(client: RoomClient, server: Server): RoomClient {
  const room = client.rooms[ROOM]
  return room?.stale ? applyFrames(client, [server.attached(room.headSeq)]) : client
}

test('any split, repetition, loss and new beginning of three interleaved answers ends in the server’s texts', () => {
  fc.assert(
    fc.property(fc.tuple(answer, answer, answer), fc.array(step, { maxLength: 60 }), (answers, steps) => {
      const server = new Server(answers)
      const wrong: string[] = []
      let client = applyFrames(NOTHING_HEARD, [server.attached(null)])
      let latest: ServerFrame[] = []
      const hear = (frames: ServerFrame[]) => {
        latest = [...latest, ...frames].slice(-8)
        client = healed(applyFrames(client, frames), server)
      }
      for (const one of steps) {
        if (one.kind === 'speak') hear(server.speak(one.who, one.length))
        else if (one.kind === 'lose') server.speak(one.who, one.length)
        else if (one.kind === 'repeat') client = healed(applyFrames(client, latest.slice(-one.frames)), server)
        else client = applyFrames(client, [server.attached(one.anew ? null : (client.rooms[ROOM]?.headSeq ?? null))])
        for (const [who, speaker] of SPEAKERS.entries()) {
          const shown = client.rooms[ROOM]?.running[`of-${speaker}`]?.answer.text ?? ''
          const either = [answers[who]?.text, answers[who]?.broken].some((text) => text?.startsWith(shown))
          if (!either) wrong.push(`${speaker} shows ${shown}`)
        }
      }
      while (!server.over) for (const who of SPEAKERS.keys()) hear(server.speak(who, 4))
      client = applyFrames(client, [server.attached(client.rooms[ROOM]?.headSeq ?? null)])
      const room = client.rooms[ROOM]
      expect(wrong).toEqual([])
      expect(room?.running).toEqual({})
      expect(client.waiting).toEqual([])
      for (const [who, speaker] of SPEAKERS.entries()) {
        expect(room?.ended[`of-${speaker}`]).toMatchObject({ kind: 'reply', reply: { text: answers[who]?.text } })
      }
    }),
  )
}, PATIENCE_MS)

test('a page that heard every frame shows what the server has said so far, at every moment', () => {
  const speech = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 6 }), fc.boolean())
  fc.assert(
    fc.property(fc.tuple(answer, answer, answer), fc.array(speech, { maxLength: 40 }), (answers, speeches) => {
      const server = new Server(answers)
      const wrong: string[] = []
      let client = applyFrames(NOTHING_HEARD, [server.attached(null)])
      for (const [who, length, anew] of speeches) {
        client = applyFrames(client, server.speak(who, length))
        if (anew) client = applyFrames(client, [server.attached(null)])
        if (client.rooms[ROOM]?.stale !== null) wrong.push('something is missing')
        for (const [index, speaker] of SPEAKERS.entries()) {
          const running = client.rooms[ROOM]?.running[`of-${speaker}`]
          if (running && running.answer.text !== server.heard(index)) wrong.push(running.answer.text)
        }
      }
      expect(wrong).toEqual([])
    }),
  )
}, PATIENCE_MS)
