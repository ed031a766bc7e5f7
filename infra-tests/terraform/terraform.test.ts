/**
 * Terraform's AWS provider against the whole service: `npm run terraform`. Not a stage of `npm test`, since neither
 * Terraform nor its provider (600 MB) can be had from apt, npm or PyPI. A folder of plugins, as `terraform providers
 * mirror` makes it, is taken from FRESHET_TERRAFORM_PLUGINS; otherwise Terraform's registry is asked.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListClustersV2Command, ListConfigurationsCommand } from '@aws-sdk/client-kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '../support/programs.ts'
import { Service } from '../support/service.ts'

const installed = spawnSync('terraform', ['version'], { stdio: 'ignore' }).status === 0
const name = installed ? 'Terraform' : 'Terraform [skipped: terraform is not installed]'

describe.skipIf(!installed)(name, { timeout: 600_000 }, () => {
  let service: Service
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'freshet-terraform-'))
    copyFileSync(join(import.meta.dirname, 'main.tf'), join(folder, 'main.tf'))
    service = await Service.start()
    const mirror = process.env.FRESHET_TERRAFORM_PLUGINS
    await terraform('init', ...(mirror === undefined ? [] : [`-plugin-dir=${mirror}`]))
  }, 120_000)
  afterAll(async () => {
    await service?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('creates everything, and a second plan is empty', async () => {
    await terraform('apply', '-auto-approve')
    expect(await planned()).toEqual([])
    expect(await output('brokers')).toBe(3)
    expect(await output('bootstrap')).toMatch(/^127\.0\.0\.1:\d+(,127\.0\.0\.1:\d+){2}$/)
  })

  test('updates everything in place, and a second plan is empty again', async () => {
    const before = await arns()
    await terraform('apply', '-auto-approve', '-var=second=true')
    expect(await planned('-var=second=true')).toEqual([])
    expect(await output('brokers')).toBe(6)
    expect(await arns()).toEqual(before)
  })

  test('destroys everything', async () => {
    await terraform('destroy', '-auto-approve', '-var=second=true')
    expect(await arns()).toEqual([])
    const { Configurations } = await service.api.send(new ListConfigurationsCommand({}))
    expect(Configurations).toEqual([])
    expect(service.units()).toEqual([])
  })

  async function terraform(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await run(args)
    if (exitCode !== 0) throw new Error(`terraform ${args[0]}: ${stderr || stdout}`)
    return stdout
  }

  /** The lines of a plan that say what would change. */
  async function planned(...args: string[]): Promise<string[]> {
    const plan = await terraform('plan', '-no-color', ...args)
    return plan.includes('No changes.') ? [] : plan.split('\n').filter((line) => /^\s*[-+~]/.test(line))
  }

  async function output(value: string): Promise<unknown> {
    return JSON.parse(await terraform('output', '-json', value))
  }

  function run(args: readonly string[]) {
    const env = {
      TF_INPUT: '0',
      TF_IN_AUTOMATION: '1',
      TF_CLI_CONFIG_FILE: '/dev/null',
      TF_VAR_endpoint: service.endpoint,
      CHECKPOINT_DISABLE: '1',
    }
    return runProgram('terraform', [`-chdir=${folder}`, ...args], { env, timeoutMs: 300_000 })
  }

  async function arns(): Promise<(string | undefined)[]> {
    const { ClusterInfoList } = await service.api.send(new ListClustersV2Command({}))
    return (ClusterInfoList ?? []).map(({ ClusterArn }) => ClusterArn)
  }
})
