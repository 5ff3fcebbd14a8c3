/**
 * How people appear in logs: in full, masked, or hashed. A hash is keyed with a secret of the
 * installation, since all numbers of a country can be hashed without one in minutes.
 */
import { createHmac } from 'node:crypto'

export type PhoneForm = 'full' | 'masked' | 'hashed'

export interface Redaction {
  readonly phones: PhoneForm
  /** Random, kept by the installation; the same one keeps hashes comparable. */
  readonly hashSecret: string
}

const SHOWN_DIGITS = 4
const HASH_CHARS = 16

/** A phone or another address of a person, in the form that the setting asks for. */
export function redactPeer(peer: string, { phones, hashSecret }: Redaction): string {
  switch (phones) {
    case 'full':
      return peer
    case 'masked': {
      // A short address would be shown whole by its last four characters.
      const local = peer.split('@', 1)[0] ?? ''
      return local.length > SHOWN_DIGITS ? `***${local.slice(-SHOWN_DIGITS)}` : '***'
    }
    case 'hashed':
      return createHmac('sha256', hashSecret).update(peer).digest('hex').slice(0, HASH_CHARS)
  }
}

/** Seven digits or more that stand alone, also in groups; a number inside an id is none. */
const PHONE_LIKE = /(?<![\w.-])\+?\d(?:[ ()-]{0,2}\d){6,14}(?![\w-])/g

/** A sentence of another program, which may quote a number. */
export function redactSentence(sentence: string, redaction: Redaction): string {
  if (redaction.phones === 'full') return sentence
  return sentence.replace(PHONE_LIKE, (found) => redactPeer(found.replace(/\D/g, ''), redaction))
}
