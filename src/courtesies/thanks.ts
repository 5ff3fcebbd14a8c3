/**
 * Whether all that a person said is thanks, so that a heart is answer enough.
 *
 * Every word has to belong to a phrase of the lists: one that is not known, a digit, a question
 * mark, a "no" or a sad face may be something to answer, and to answer a thank-you costs little.
 * Neither list has a yes or a no, since "yes, thanks" may answer a question of ours. What a message
 * quotes is not looked at.
 */
import type { Message } from '../message.ts'

const THANKS = phrases(`
  спасибо, спасиб, спасибки, спасибочки, спс, пасиб, пасибо, пасибки, сенкс, сенкью, мерси, благодарю,
  благодарим, благодарен, благодарна, spasibo, spasiba,
  thanks, thank you, thank u, thank ya, thankyou, thx, thnx, tnx, thanx, ty, tysm, tyvm,
  gracias, obrigado, obrigada, obrigadão, brigado, brigada, obg, valeu,
  danke, dankeschön, dankeschoen, vielen dank, besten dank, herzlichen dank, tausend dank, merci
`)

/** What goes with thanks and asks for nothing. */
const FILLERS = phrases(`
  большое, большущее, огромное, огромнейшее, преогромное, вам, тебе, всем, вас, тебя, очень, от души,
  за все, за помощь, за ответ, за информацию, за внимание, за заботу, за оперативность, за быстрый ответ,
  ок, окей, хорошо, отлично, супер, класс, круто, здорово, прекрасно, замечательно, понял, поняла,
  понятно, ясно, ладно,
  very much, so much, so very much, a lot, lots, a million, many, again, once again, all, everyone, guys,
  dear, for all, for everything, for the help, for your help, for your time, for the info,
  for the information, i appreciate it, really appreciate it, appreciate it, much appreciated,
  ok, okay, okey, k, great, perfect, good, cool, nice, awesome, wonderful, super, excellent, got it,
  muchas, muchísimas, muchisimas, mil, muy amable, por todo, por la ayuda, por su ayuda, por tu ayuda,
  a usted, a ti, perfecto, genial, excelente, bueno,
  muito, muita, muitíssimo, mesmo, por tudo, pela ajuda, perfeito, ótimo, otimo, certo, beleza,
  schön, schoen, sehr, ihnen, dir, euch, für alles, fuer alles, für die hilfe, für ihre hilfe, perfekt,
  prima, toll, gut,
  beaucoup, bien, mille fois, infiniment, à vous, à toi, pour tout, pour votre aide, pour ton aide,
  parfait, d accord
`)
const LONGEST_PHRASE = 4

/** Longer ones are no plain ones, whatever they are made of. */
const MAX_WORDS = 12
const MAX_LENGTH = 200

const WORD = /\p{L}[\p{L}[\p{M}--\uFE0F]]*/gv
/** All that may stand around words; anything else says something. */
const AROUND =
  /^(?:[\s.,!¡…:;=~^*_)'"«»„“”‘’–—-]|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200D|\uFE0F)*$/u
/** Question marks and faces that are not glad; an opening bracket is a sad mouth in Russian. */
const DOUBTS = /[?？؟¿(❓❔⁉⁈👎🖕😞😔😟😕🙁☹😣😖😫😩😢😭😤😠😡🤬🤨🤔🙄😒😑😐💔💩🤡🤦🤷🆘]/u

export function isPlainThanks(messages: readonly Message[]): boolean {
  const words: string[] = []
  for (const { type, text, media } of messages) {
    if (type !== 'chat' || media !== undefined || text.length > MAX_LENGTH) return false
    if (DOUBTS.test(text) || !AROUND.test(text.replace(WORD, ''))) return false
    for (const [word] of text.matchAll(WORD)) words.push(plain(word))
  }
  return words.length <= MAX_WORDS && isThanks(words)
}

/** Whether known phrases cover all words, and one of them is thanks. */
function isThanks(words: readonly string[]): boolean {
  let thanked = false
  let at = 0
  while (at < words.length) {
    let count = Math.min(LONGEST_PHRASE, words.length - at)
    const phrase = (): string => words.slice(at, at + count).join(' ')
    while (count > 0 && !THANKS.has(phrase()) && !FILLERS.has(phrase())) count -= 1
    if (count === 0) return false
    thanked ||= THANKS.has(phrase())
    at += count
  }
  return thanked
}

function phrases(list: string): ReadonlySet<string> {
  return new Set(list.split(',').map((phrase) => phrase.trim()))
}

/** `Спасибооо` is `спасибо`, `всё` is `все`. */
function plain(word: string): string {
  return word
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/(\p{L})\1{2,}/gu, '$1')
}
