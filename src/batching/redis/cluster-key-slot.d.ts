/** The package has no types of its own. */
declare module 'cluster-key-slot' {
  /** 0 to 16 383, by the hash tag of the key where it has one. */
  export default function calculateSlot(key: string): number
}
