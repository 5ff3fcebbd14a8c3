/** The log of a service that has said that it is ready: nothing more of it is written. */
export async function silence(url: string, token: string): Promise<void> {
  const response = await fetch(`${url}/operator/log-level`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ level: 'silent' }),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
}
