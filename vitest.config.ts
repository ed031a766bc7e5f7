import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Tests leave nothing behind in their modules, and loading those anew for each file took most of the time.
          isolate: false,
          // A wait ends with its condition. How long it may take says nothing but that a machine is busy.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000, interval: 5 } },
          include: [
            '{broker,cdk,control-plane}/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'infra-tests/tidy/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'infra',
          include: [
            'infra-tests/{conformance,librdkafka,integration,terraform,chaos,fuzz,simulation}/**/*.test.ts',
          ],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 60_000 } },
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'localstack',
          include: ['infra-tests/localstack/**/*.test.ts'],
          globalSetup: 'infra-tests/localstack/setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000 } },
          // The deployment mostly waits, for containers to start and for stacks: the other files run meanwhile.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
