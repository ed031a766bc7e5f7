/** Runs a tool by its name: reads its options, and says what is wrong with them in the way of Kafka's tools. */
import { ConfigException, JavaException } from './client/exceptions.ts'
import { Exit, OptionMistake, UsageMistake } from './command-line/mistakes.ts'
import { parseCommandLine } from './command-line/parse.ts'
import { usageOf } from './command-line/usage.ts'
import { configCommand } from './configs/config-command.ts'
import { consoleConsumer } from './consumer/console-consumer.ts'
import { consumerGroupCommand } from './groups/consumer-group-command.ts'
import { consoleProducer } from './producer/console-producer.ts'
import { KAFKA_VERSION, type Terminal, type Tool } from './tool.ts'
import { topicCommand } from './topics/topic-command.ts'

const tools: readonly Tool[] = [
  topicCommand,
  configCommand,
  consoleProducer,
  consoleConsumer,
  consumerGroupCommand,
]

export const kafkaToolNames: readonly string[] = tools.map(({ name }) => name)

/** Resolves with the exit code. */
export async function runKafkaTool(
  name: string,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const tool = toolFor(name)
  if (tool === undefined) {
    terminal.errors.write(`there is no tool ${name}; there are ${kafkaToolNames.join(', ')}\n`)
    return 1
  }
  try {
    return await run(tool, args, terminal)
  } catch (error) {
    if (error instanceof Exit) return error.exitCode
    if (error instanceof UsageMistake || (error instanceof OptionMistake && tool.listsOptionsOnMistakes)) {
      terminal.errors.write(`${error.message}\n${usageOf(tool.options)}`)
      return 1
    }
    if (error instanceof OptionMistake || error instanceof JavaException) {
      terminal.errors.write(error instanceof ConfigException ? `${error}\n` : `${error.message}\n`)
      return 1
    }
    throw error
  }
}

/** With or without the `.sh` that Kafka's scripts have. */
function toolFor(name: string): Tool | undefined {
  const plain = name.endsWith('.sh') ? name.slice(0, -3) : name
  return tools.find((tool) => tool.name === plain)
}

async function run(tool: Tool, args: readonly string[], terminal: Terminal): Promise<number> {
  const options = parseCommandLine(args, tool.options)
  if (args.length === 0 || options.has('help')) throw new UsageMistake(tool.purpose)
  if (options.has('version')) {
    terminal.output.write(`${KAFKA_VERSION}\n`)
    return 0
  }
  return tool.run(options, terminal)
}
