/** What the doctor says of the spool in DATA_DIR: what waits there, and what nobody can bring in. */
import { plural } from '../../observability/words.ts'
import type { Finding } from '../doctor.ts'
import { found } from './finding-codes.ts'

/** What lies in the folder, as far as it can be read beside a service. */
export interface SpoolSeen {
  readonly folder: string
  readonly messages: number
  readonly setAside: number
  /** Files that could not be read and were put aside. */
  readonly broken: readonly string[]
}

export function checkSpool({ folder, messages, setAside, broken }: SpoolSeen): Finding[] {
  const findings: Finding[] = []
  if (messages > 0) {
    findings.push(
      found(
        'spool_waits',
        `${plural(messages, 'message')} ${messages === 1 ? 'waits' : 'wait'} in ${folder}, since the store did not take them`,
        'bring the store back and run an API on this DATA_DIR: it brings them in by itself',
      ),
    )
  }
  if (setAside > 0) {
    findings.push(
      found(
        'spool_set_aside',
        `${plural(setAside, 'message')} in ${folder} could not be brought in`,
        'mostly their tenant is gone from the settings: put it back and restart the API, which tries again',
      ),
    )
  }
  if (broken.length > 0) {
    findings.push(
      found(
        'spool_file_broken',
        `${plural(broken.length, 'file')} of ${folder} could not be read and ${broken.length === 1 ? 'is' : 'are'} kept: ${broken.slice(0, 3).join(', ')}`,
        'what could be read of it is brought in; look at the disk, then delete the file',
      ),
    )
  }
  return findings
}
