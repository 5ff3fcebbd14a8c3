/** Answers with exactly the merged text: to see that everything works, before there is a bot. */
import type { Part } from '../message.ts'
import type { Responder, TurnToAnswer } from './responder.ts'

export class EchoResponder implements Responder {
  readonly name = 'echo'

  async respond({ text }: TurnToAnswer): Promise<readonly Part[]> {
    return text === '' ? [] : [{ text }]
  }
}
