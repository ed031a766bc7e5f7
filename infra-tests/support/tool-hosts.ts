/**
 * JVMs that run one tool after the other ([ToolHost](java/ToolHost.java)): a tool is done in a tenth of the time that a
 * JVM of its own would take. Each runs one at a time; as many are started as are wanted at once.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Outcome, RunOptions } from './programs.ts'

export type HostOptions = Pick<RunOptions, 'input' | 'timeoutMs'>

export class ToolHosts {
  private readonly command: readonly string[]
  private readonly idle: ToolHost[] = []

  /** @param command the command line that starts one */
  constructor(command: readonly string[]) {
    this.command = command
  }

  /** Ends with whatever exit code the program has; rejects if it takes too long. */
  async run(program: string, args: readonly string[], options: HostOptions = {}): Promise<Outcome> {
    const { input = '', timeoutMs = 60_000 } = options
    let host = this.idle.pop()
    while (host && !host.alive) host = this.idle.pop()
    host ??= new ToolHost(this.command)
    const outcome = await host.run(program, args, input, timeoutMs)
    if (host.alive) this.idle.push(host)
    return outcome
  }
}

interface Running {
  stdout: string
  stderr: string
  output: string
  readonly end: (exitCode: number) => void
}

class ToolHost {
  alive = true
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  private running: Running | undefined

  constructor([program = '', ...args]: readonly string[]) {
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    // It ends when its standard input does, which is when this process is gone; what keeps that one alive while a tool
    // runs is the limit of its time.
    this.child.unref()
    for (const pipe of this.child.stdio) if (pipe instanceof Socket) pipe.unref()
    this.child.stdin.on('error', () => {})
    createInterface({ input: this.child.stdout }).on('line', (line) => this.take(line))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.collect('stderr', text))
    this.child.on('error', (error) => this.collect('stderr', String(error)))
    this.child.on('close', (code) => this.ended(code ?? 128))
  }

  run(program: string, args: readonly string[], input: string, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.alive = false
        this.child.kill('SIGKILL')
        reject(new Error(`${program} ${args.join(' ')} took longer than ${timeoutMs} ms:\n${running.output}`))
      }, timeoutMs)
      const running: Running = {
        ...{ stdout: '', stderr: '', output: '' },
        end: (exitCode) => {
          clearTimeout(limit)
          this.running = undefined
          const { stdout, stderr, output } = running
          resolve({ exitCode, stdout, stderr, output })
        },
      }
      this.running = running
      const words = [program, input, ...args].map((word) => Buffer.from(word).toString('base64'))
      this.child.stdin.write(`${words.join(' ')}\n`)
    })
  }

  private take(line: string): void {
    const [kind, first = '', second] = line.split(' ')
    if (kind === 'exit') {
      if (second === 'spent') this.alive = false
      this.running?.end(Number(first))
    } else {
      this.collect(kind === 'out' ? 'stdout' : 'stderr', Buffer.from(first, 'base64').toString())
    }
  }

  private collect(stream: 'stdout' | 'stderr', text: string): void {
    if (!this.running) return
    this.running[stream] += text
    this.running.output += text
  }

  /** A program may end the whole JVM: that is how it ended. */
  private ended(exitCode: number): void {
    this.alive = false
    this.running?.end(exitCode)
  }
}
