/**
 * An address of the settings, as a call needs it and as a message may show it.
 *
 *   http://anna:secret@host/path?key=x → http://host/path?key=x, Basic …, http://host/path
 *
 * `fetch` takes no name and password in an address, and a query may be a secret too. Pure.
 */
export interface HttpAddress {
  readonly url: URL
  /** The header; null without a name and a password. */
  readonly authorization: string | null
}

/** @param given a valid URL */
export function httpAddress(given: string): HttpAddress {
  const url = new URL(given)
  const authorization = basicOf(url)
  url.username = ''
  url.password = ''
  return { url, authorization }
}

/** For errors and logs. */
export const shownAddress = ({ origin, pathname }: URL): string => `${origin}${pathname}`

function basicOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  const pair = `${unescaped(username)}:${unescaped(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A `%` that escapes nothing is meant as it stands.
    return part
  }
}
