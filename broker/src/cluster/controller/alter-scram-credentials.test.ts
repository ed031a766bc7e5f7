import { beforeEach, describe, expect, it } from 'vitest'
import { ErrorCode } from '../../wire/errors.ts'
import { ScramMechanism } from '../records.ts'
import { TestCluster } from '../test-cluster.ts'

const { SCRAM_SHA_256, SCRAM_SHA_512 } = ScramMechanism
const credential = (name: string, mechanism: number = SCRAM_SHA_256, iterations = 4096) => ({
  ...{ name, mechanism, iterations, salt: 'c2FsdA==', storedKey: 'c3RvcmVk', serverKey: 'c2VydmVy' },
})

let cluster: TestCluster

beforeEach(() => {
  cluster = new TestCluster()
})

const alter = (upsertions: ReturnType<typeof credential>[], deletions: [string, number][] = []) =>
  cluster.send('alterScramCredentials', {
    upsertions,
    deletions: deletions.map(([name, mechanism]) => ({ name, mechanism })),
  })

describe('alter SCRAM credentials', () => {
  it('sets and replaces them, one for each mechanism, and removes them', () => {
    alter([credential('alice'), credential('alice', SCRAM_SHA_512)])
    expect(cluster.image.scramCredentials.of('alice')).toHaveLength(2)
    alter([credential('alice', SCRAM_SHA_256, 8192)])
    expect(cluster.image.scramCredentials.find('alice', SCRAM_SHA_256)?.iterations).toBe(8192)
    const [removed] = alter([], [['alice', SCRAM_SHA_256]])
    expect(removed).toMatchObject({ user: 'alice', errorCode: ErrorCode.NONE })
    expect(cluster.image.scramCredentials.of('alice').map(({ mechanism }) => mechanism)).toEqual([
      SCRAM_SHA_512,
    ])
    alter([], [['alice', SCRAM_SHA_512]])
    expect([...cluster.image.scramCredentials.users()]).toEqual([])
  })

  it.each([
    ['too few iterations', credential('bob', SCRAM_SHA_256, 4095), ErrorCode.UNACCEPTABLE_CREDENTIAL],
    ['too many iterations', credential('bob', SCRAM_SHA_256, 16_385), ErrorCode.UNACCEPTABLE_CREDENTIAL],
    ['an empty name', credential(''), ErrorCode.UNACCEPTABLE_CREDENTIAL],
    ['an unknown mechanism', credential('bob', 3), ErrorCode.UNSUPPORTED_SASL_MECHANISM],
  ])('refuses %s, and does what was asked for others', (_, refused, errorCode) => {
    const reply = alter([refused, credential('alice')])
    expect(reply.map((each) => each.errorCode)).toEqual([errorCode, ErrorCode.NONE])
    expect([...cluster.image.scramCredentials.users()]).toEqual(['alice'])
  })

  it('refuses to remove what is not there, and two changes of one credential', () => {
    expect(alter([], [['bob', SCRAM_SHA_256]])[0]?.errorCode).toBe(ErrorCode.RESOURCE_NOT_FOUND)
    alter([credential('bob')])
    const [twice] = alter([credential('bob', SCRAM_SHA_256, 8192)], [['bob', SCRAM_SHA_256]])
    expect(twice?.errorCode).toBe(ErrorCode.DUPLICATE_RESOURCE)
    expect(cluster.image.scramCredentials.find('bob', SCRAM_SHA_256)?.iterations).toBe(4096)
  })
})
