/**
 * Keys without a tenant mean the default one. With another default they would mean other people, and
 * one person's open batch would go on with another's words.
 */
import { RapidFireError } from '../errors.ts'

export function otherTenant(
  place: string,
  theirs: string | undefined,
  ours: string,
): RapidFireError {
  return new RapidFireError(
    'store_other_tenant',
    `${place} keeps batches for DEFAULT_COMPANY_ID ${theirs}, and ${ours} is set: start with the old one until nothing is open or failed, or use another store`,
  )
}
