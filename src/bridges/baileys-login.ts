/**
 * The login of Baileys, in a folder that it writes itself. Its writer empties `creds.json` before it
 * fills it, so a death in that moment would cost the login: a copy beside it is replaced whole after
 * each change, and put back when the file cannot be read.
 */
import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { makeDataDir } from '../data-dir.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { BaileysModule } from './baileys-socket.ts'

const FILE = 'creds.json'
const COPY = '.creds.copy'

export interface Login {
  readonly state: object
  save(): Promise<void>
}

/** Rejects with `data_dir_unwritable`. */
export async function openLogin(
  module: Pick<BaileysModule, 'useMultiFileAuthState'>,
  folder: string,
): Promise<Login> {
  const [file, copy] = [join(folder, FILE), join(folder, COPY)]
  try {
    makeDataDir(folder)
    if (!isWhole(file) && isWhole(copy)) copyFileSync(copy, file)
    const { state, saveCreds } = await module.useMultiFileAuthState(folder)
    const save = async (): Promise<void> => {
      await saveCreds()
      if (isWhole(file)) replace(file, copy)
    }
    return { state, save }
  } catch (error) {
    throw new RapidFireError(
      'data_dir_unwritable',
      `the login in ${folder} cannot be read or written (${messageOf(error)}): check the rights there`,
      { cause: error },
    )
  }
}

function isWhole(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'))
    return true
  } catch {
    return false
  }
}

function replace(file: string, copy: string): void {
  copyFileSync(file, `${copy}.new`)
  renameSync(`${copy}.new`, copy)
}
