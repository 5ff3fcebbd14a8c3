/**
 * What can go wrong, numbered: the fault, what people and operators may expect of it, and why a row
 * has no test where it has none. Which tests hold a row is read from their titles
 * (`titles.ts`); `docs/faults.md` is written from both (`page.ts`).
 *
 * Of every row it is expected besides that nothing accepted is lost, that nothing is answered
 * twice but the one part in the air, and that nobody has to lend a hand.
 */

export interface Fault {
  readonly number: number
  readonly fault: string
  readonly expected: string
  /** Why nothing holds it. */
  readonly struck?: string
}

export interface FaultGroup {
  readonly name: string
  readonly faults: readonly Fault[]
}

export const MENU: readonly FaultGroup[] = [
  {
    name: 'Death of a process',
    faults: [
      {
        number: 1,
        fault: 'the API is killed before it has stored a call',
        expected: 'the caller hears no answer and repeats; the message is there once',
      },
      {
        number: 2,
        fault: 'the API is killed when it has stored a call and not answered',
        expected: 'the repeat is a duplicate with 2xx',
      },
      {
        number: 3,
        fault: 'the API is killed when it has answered',
        expected: 'nothing is to be done; the message is answered',
      },
      {
        number: 4,
        fault: 'the API is killed while it writes, empties or renews its spool',
        expected:
          'nothing was promised before the write; after it what is replayed is known; a torn end is cut',
      },
      {
        number: 5,
        fault: 'a processor is killed at any step from due to confirmed',
        expected: 'its lease ends and another one goes on; a second handover is ignored',
      },
      {
        number: 6,
        fault: 'a worker is killed at any step but on the wire',
        expected: 'another one takes over with the same answer, and goes on at the next part',
      },
      {
        number: 7,
        fault: 'a worker is killed while a part is on the wire, or sent and not recorded',
        expected: 'at most that part comes twice, or is skipped and told, as ON_UNCERTAIN says',
      },
      {
        number: 8,
        fault: 'a worker is killed while the answer is made, or before it is stored',
        expected: 'the responder is asked once more; one answer is sent',
      },
      {
        number: 9,
        fault: 'processes of every role are killed at random',
        expected: 'each part that came twice was in the air at a death',
      },
      {
        number: 10,
        fault: 'all processes are killed at once',
        expected: 'a cold start goes on in order',
      },
      {
        number: 11,
        fault: 'the same turn kills its worker each time',
        expected:
          'it is failed after MAX_STARTS, its conversation is free, no other turn is harmed',
      },
      {
        number: 12,
        fault: 'a start that can never succeed: settings or data are wrong',
        expected: 'it ends with a code and a sentence, and has written nothing',
      },
      {
        number: 13,
        fault: 'SIGTERM at any step, twice, then SIGKILL',
        expected: 'a stop takes 10 s at most; whatever follows it spoils nothing',
      },
      {
        number: 14,
        fault: 'a worker runs out of heap',
        expected: 'the process dies, and it is a death like any other',
      },
    ],
  },
  {
    name: 'Pauses',
    faults: [
      {
        number: 15,
        fault: 'a worker is frozen for longer than its lease',
        expected: 'another one takes over; the frozen one is refused at its next part',
      },
      {
        number: 16,
        fault: 'a worker is frozen between the mark of a part and its write',
        expected: 'at most this part comes twice',
      },
      {
        number: 17,
        fault: 'a processor is frozen with turns that it has sealed',
        expected: 'another one hands over; the late handover changes nothing',
      },
      {
        number: 18,
        fault: 'the API is frozen',
        expected: 'callers repeat; what was stored is known',
      },
      {
        number: 19,
        fault: 'a frozen worker holds the wake-up of the queue',
        expected: 'others begin within a second all the same',
      },
      {
        number: 20,
        fault: 'Redis is frozen for seconds',
        expected:
          'callers have an answer within the time of a command; everything goes on after it',
      },
      {
        number: 21,
        fault: "an owner's module blocks the worker for longer than the lease",
        expected: 'the lease is lost, another start is let in, nothing comes twice',
      },
    ],
  },
  {
    name: 'Redis itself',
    faults: [
      {
        number: 22,
        fault: 'Redis with an append-only file is killed and comes back',
        expected: 'what was accepted is there; what came meanwhile was spooled or refused',
      },
      {
        number: 23,
        fault: 'Redis without persistence is killed',
        expected: 'the start has said so; what is missing is told',
      },
      {
        number: 24,
        fault: 'the power is cut',
        expected: 'a store that says that it survives the host has all of it',
      },
      {
        number: 25,
        fault: 'the jobs or all keys are deleted by mistake',
        expected: 'turns are handed over again from the store; an emptied store is noticed',
      },
      {
        number: 26,
        fault: 'Redis is full',
        expected: 'no half effect; callers repeat, and all goes on when there is room',
      },
      {
        number: 27,
        fault: 'Redis answers BUSY, LOADING, READONLY, MISCONF, NOAUTH, NOPERM and their like',
        expected: 'each is one code of ours; what passes is waited for, a missing right is named',
      },
      {
        number: 28,
        fault: 'Redis has forgotten the scripts',
        expected: 'they are loaded again, in order, and nobody notices',
      },
      {
        number: 29,
        fault: 'the disk of Redis is full',
        expected: 'as a Redis that is full; one that exits is as one that was killed',
      },
      {
        number: 30,
        fault: 'the disk of Redis fails to sync',
        expected: 'as above',
      },
      {
        number: 31,
        fault: 'the append-only file is torn at its end, or damaged in its middle',
        expected: 'a torn end is cut by Redis; a damaged file is told with the way out',
      },
      {
        number: 32,
        fault: 'Redis may evict keys',
        expected: 'the start is refused, and the policy named',
      },
      {
        number: 33,
        fault: 'a key of ours has a foreign type, or holds half of a JSON',
        expected: 'that conversation alone is kept aside and told; all others go on',
      },
      {
        number: 34,
        fault: 'Redis restarts between seal and handover, or handover and confirmation',
        expected: 'as the death of a processor there',
      },
      {
        number: 35,
        fault: 'a primary without persistence comes back empty, and its replicas copy that',
        expected: 'the start warns of such a set-up beforehand',
      },
    ],
  },
  {
    name: 'Replication and cluster',
    faults: [
      {
        number: 36,
        fault: 'a failover: the old primary is a replica now',
        expected: 'what was accepted is answered; the gap ends with the new primary',
      },
      {
        number: 37,
        fault: 'a frozen primary wakes beside the new one',
        expected:
          'its late writes do not count, and with REDIS_DURABILITY=replica none of them was accepted',
      },
      {
        number: 38,
        fault: 'a partition with the old primary on its one side',
        expected:
          'what only that one took is not promised; with REDIS_DURABILITY=replica it was not accepted',
      },
      {
        number: 39,
        fault: 'the primary dies while its replica lags behind',
        expected:
          'what the replica does not have is not promised; with REDIS_DURABILITY=replica it was not accepted',
      },
      {
        number: 40,
        fault: 'a primary of a cluster is killed',
        expected: 'other slots go on undisturbed',
      },
      {
        number: 41,
        fault: 'a slot is moved under load',
        expected: 'calls are led on or go to the spool; nothing accepted is lost',
      },
      {
        number: 42,
        fault: 'a key without the tag of its slot',
        expected:
          'there is none: all keys of a partition are spelled in one file, whatever is in a name',
      },
    ],
  },
  {
    name: 'Network',
    faults: [
      {
        number: 43,
        fault: 'the answer of Redis is lost on its way',
        expected: 'the call is repeated and has no second effect',
      },
      {
        number: 44,
        fault: 'a connection swallows everything',
        expected: 'callers have an answer in time; it is given up and made anew',
      },
      {
        number: 45,
        fault: 'a connection is slow, thin, or cuts everything into slices',
        expected: 'slower, and nothing else; windows are as before',
      },
      {
        number: 46,
        fault: 'a connection is reset at any byte of a call',
        expected: 'unknown, repeated, once',
      },
      {
        number: 47,
        fault: 'a connection that comes and goes',
        expected: 'no storm of new ones, and none left over',
      },
      {
        number: 48,
        fault: 'the name of Redis has no address, or that of something else',
        expected: 'the start says which',
      },
      {
        number: 49,
        fault: 'a caller hangs up within the head, the body, or before the answer',
        expected: 'no trace, or kept once and known later',
      },
    ],
  },
  {
    name: 'Disk and spool',
    faults: [
      {
        number: 50,
        fault: 'the disk of the spool is full while Redis is away',
        expected: '503, nothing half accepted, and what is in the spool stays',
      },
      {
        number: 51,
        fault: 'the disk of the spool fails to sync',
        expected: '503, and no 2xx for what may not be on the disk',
      },
      {
        number: 52,
        fault: 'the file of the spool is torn, damaged, foreign or newer',
        expected: 'it is set aside and counted, and the rest goes on',
      },
      {
        number: 53,
        fault: 'two APIs in one folder of the spool',
        expected: 'each has a file of its own; one that is free is taken over',
      },
      {
        number: 54,
        fault: 'Redis is back and the spool is long',
        expected: 'it drains in order, and fresh messages keep their pace',
      },
      {
        number: 55,
        fault: 'the file of SQLite: killed, torn, on a full disk, opened twice, newer, read-only',
        expected: 'what was accepted is there, or it is told what is wrong; nothing is overwritten',
      },
    ],
  },
  {
    name: 'Clock',
    faults: [
      {
        number: 56,
        fault: 'the clock of the store steps an hour on or back, drifts, or repeats a second',
        expected: 'each batch is sealed within its age limit and two seconds of real time',
      },
      {
        number: 57,
        fault: 'the clock of an API is ten minutes off',
        expected: 'a signature is refused in words that say clock; batches are as before',
      },
      {
        number: 58,
        fault: 'times of a provider in s, in ms, as ISO, 0, negative, of 2100, absent',
        expected: 'what cannot be believed counts as of its arrival, and is kept as it came',
      },
    ],
  },
  {
    name: 'Traffic',
    faults: [
      {
        number: 59,
        fault: 'every call comes two to five times, in any order, by two APIs',
        expected: 'the answers are the same',
      },
      {
        number: 60,
        fault: 'an id that is known, with another text',
        expected: 'the first one stands',
      },
      {
        number: 61,
        fault: 'several processors, and workers that come and go',
        expected: 'the answers are the same',
      },
      {
        number: 62,
        fault: '10 000 conversations of five messages at once',
        expected: 'each is answered, and memory has a bound',
      },
      {
        number: 63,
        fault: 'one person writes 1 000 messages a second',
        expected: 'nothing is dropped, and others do not wait for it',
      },
      {
        number: 64,
        fault: 'one tenant has a hundred times as much as all others',
        expected: 'the others are answered about as soon as without it',
      },
      {
        number: 65,
        fault: 'no worker for a long time',
        expected: 'new people are refused at MAX_PENDING with 503; what waits is answered in order',
      },
      {
        number: 66,
        fault: 'answers take longer than the lease of a worker',
        expected: 'leases are renewed, and nothing runs twice',
      },
      {
        number: 67,
        fault: 'more calls than the service can take',
        expected: '503 with Retry-After before anything is stored; what is accepted is kept',
      },
    ],
  },
  {
    name: 'What answers, and what sends',
    faults: [
      {
        number: 68,
        fault: 'a model or backend hangs, drips, resets, refuses, is wrong or says nothing',
        expected: 'tried again or failed at once by its kind; a breaker opens and closes',
      },
      {
        number: 69,
        fault: 'an answer comes after its time is up',
        expected: 'it is dropped',
      },
      {
        number: 70,
        fault: 'Retry-After of an hour, of the past, of -1, of 1e9, absent',
        expected: 'between one second and a quarter of an hour',
      },
      {
        number: 71,
        fault: 'a provider answers 5xx for what it has sent',
        expected: 'at most this part comes twice',
      },
      {
        number: 72,
        fault: 'a provider answers 200 with an error, 200 without an id, 202',
        expected: 'judged as its documentation says',
      },
      {
        number: 73,
        fault: 'a provider is away for an hour',
        expected: 'answers wait, keep their order, and are sent at their pace',
      },
      {
        number: 74,
        fault: 'a provider does not accept our token any more',
        expected: 'answers wait, are told, and go on when the token is right',
      },
      {
        number: 75,
        fault: 'the person has blocked us, or the window of 24 h is over',
        expected: "failed at once with the provider's reason",
      },
      {
        number: 76,
        fault: 'a status comes before the answer to its send',
        expected: 'it is found by our id, and not lost',
      },
    ],
  },
  {
    name: 'Upgrades and people',
    faults: [
      {
        number: 77,
        fault: 'versions are changed one process after the other',
        expected: 'no loss, no double',
        struck:
          'there is no earlier version in use yet; data of an older schema goes on, that of a newer one is refused (55)',
      },
      {
        number: 78,
        fault: 'a setting is changed while batches are open',
        expected: 'they are answered, or the start is refused where they could not be',
      },
      {
        number: 79,
        fault: 'an operator flushes, discards, retries, pauses while things go wrong',
        expected: 'as without the fault, and the same act again changes nothing',
      },
      {
        number: 80,
        fault: 'a backup is taken under load and restored elsewhere',
        expected: 'nothing is answered twice: what was in the air comes back as uncertain',
      },
    ],
  },
]
