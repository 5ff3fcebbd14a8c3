/** Runs the suite of the BatchStore port on every engine. */
import { STORE_ENGINES } from './engines.ts'
import { storeCases } from './store-cases.ts'

for (const { name, make } of STORE_ENGINES) storeCases(name, make)
