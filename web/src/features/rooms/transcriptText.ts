/** A room as a text that people keep: Markdown, answers under the name of who gave them. Pure. */
import type { MessageItem } from '@/contracts/frames'

export interface Words {
  readonly you: string
  readonly failed: string
}

/** The room's title as heading, then what was said in the order of the transcript. Answers keep their own Markdown. */
export function transcriptText(title: string, items: readonly MessageItem[], words: Words): string {
  return [`# ${title}`, ...items.map((item) => partOf(item, words))].join('\n\n') + '\n'
}

function partOf(item: MessageItem, words: Words): string {
  if (item.kind === 'user') return `## ${words.you}\n\n${item.message.content}`
  const { speaker, model } = item.turn
  if (item.kind === 'failed') return `## ${speaker}\n\n*${words.failed}*`
  const by = item.reply.model || model
  return `## ${speaker}${by === speaker ? '' : ` (${by})`}\n\n${item.reply.text}`
}

/** A name for a file: what file systems refuse, and dots at its ends, are left out. */
export function fileName(title: string, ending: string): string {
  const plain = title.replaceAll(/[\\/:*?"<>|\p{Cc}]+/gu, ' ').replaceAll(/\s+/gu, ' ')
  return `${plain.replaceAll(/^[. ]+|[. ]+$/gu, '').slice(0, MAX_NAME) || 'room'}.${ending}`
}

const MAX_NAME = 80
