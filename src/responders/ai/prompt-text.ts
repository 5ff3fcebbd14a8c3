/** The texts of a prompt: how many characters there are, and what no error may repeat. Pure. */
import type { TurnToAnswer } from '../responder.ts'
import type { Prompt } from './prompt.ts'

export function lengthOf({ system, messages }: Prompt): number {
  return messages.reduce((sum, { content }) => sum + textIn(content).length, system.length)
}

/** Each text on its own as well, since a short one is looked for as a whole. */
export function saidIn(prompt: Prompt, { messages, history }: TurnToAnswer): readonly string[] {
  return [
    prompt.system,
    ...prompt.messages.map(({ content }) => textIn(content)),
    ...history.map(({ text }) => text),
    ...messages.flatMap(({ text, quoted = '', name = '' }) => [text, quoted, name]),
  ]
}

function textIn(content: Prompt['messages'][number]['content']): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}
