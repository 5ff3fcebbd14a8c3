/** The slot of a key in a Redis Cluster. Whoever compiles this file needs the types beside it. */
/// <reference path="./cluster-key-slot.d.ts" />
export { default as keySlot } from 'cluster-key-slot'
