/**
 * Ids of WhatsApp's web libraries are `<fromMe>_<chat>_<HEX>[_<participant>]`, and what refers to a
 * message may give the HEX alone. Pure.
 */

const WHOLE = /^(?:true|false)_[^_]+_([^_]+)(?:_[^_]+)?$/

/** By which names the message may be known that `of` refers to, the likeliest last. */
export function namesFor(of: string, ownId: string): readonly string[] {
  const whole = /^((?:true|false)_[^_]+_)[^_]+((?:_[^_]+)?)$/.exec(ownId)
  if (!whole || of.includes('_')) return [of]
  return [of, `${whole[1]}${of}${whole[2]}`]
}

/** Whether `id` is the message that `name` refers to. */
export function isNamed(id: string, name: string): boolean {
  return id === name || WHOLE.exec(id)?.[1] === name || WHOLE.exec(name)?.[1] === id
}
