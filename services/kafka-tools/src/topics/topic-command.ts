/** kafka-topics: creates, lists, describes, changes and deletes topics. */
import { asJavaException, type Cluster } from '../client/cluster.ts'
import { IllegalArgumentException, JavaException } from '../client/exceptions.ts'
import { base64Id, listTopics, matching, type TopicName } from '../client/topics.ts'
import { withAdminCluster } from '../client/with-cluster.ts'
import { OptionMistake } from '../command-line/mistakes.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { log } from '../command-line/text.ts'
import type { Terminal, Tool } from '../tool.ts'
import { alterTopics, createTopic, deleteTopics } from './change-topics.ts'
import { describe } from './describe-topics.ts'
import { checkTopicOptions, topicOptions } from './topic-options.ts'

export const topicCommand: Tool = {
  name: 'kafka-topics',
  purpose: 'This tool helps to create, delete, describe, or change a topic.',
  options: topicOptions,
  listsOptionsOnMistakes: false,
  async run(options, terminal) {
    checkTopicOptions(options, terminal)
    return withAdminCluster(options, terminal, async (cluster) => {
      try {
        await act(cluster, options, terminal)
        return 0
      } catch (failure) {
        const error = asJavaException(failure)
        if (!(error instanceof JavaException || error instanceof OptionMistake)) throw error
        terminal.output.write(`Error while executing topic command : ${error.message}\n`)
        const trace = `${error.className}: ${error.message}\n`
        log(terminal.errors, 'ERROR', trace, 'org.apache.kafka.tools.TopicCommand')
        return 1
      }
    })
  },
}

async function act(cluster: Cluster, options: ParsedOptions, terminal: Terminal): Promise<void> {
  if (options.has('create')) return createTopic(cluster, options, terminal)
  const topics = await meantTopics(cluster, options)
  if (options.has('list')) {
    terminal.output.write(`${topics.map(({ name }) => name).join('\n')}\n`)
    return
  }
  ensureExists(topics, options)
  const names = topics.map(({ name }) => name)
  if (options.has('alter')) await alterTopics(cluster, names, options)
  else if (options.has('delete')) await deleteTopics(cluster, names)
  else await describe(cluster, names, options, terminal)
}

const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** By id if there is one, else by name or regular expression, else all. */
async function meantTopics(cluster: Cluster, options: ParsedOptions): Promise<TopicName[]> {
  const excludeInternal = options.has('exclude-internal')
  const topics = await listTopics(cluster)
  const topicId = topicIdOf(options)
  if (topicId === undefined) return matching(topics, { pattern: options.value('topic'), excludeInternal })
  const all = matching(topics, { pattern: undefined, excludeInternal })
  return all.filter((topic) => base64Id(topic.topicId) === topicId)
}

function topicIdOf(options: ParsedOptions): string | undefined {
  const topicId = options.has('describe') ? options.value('topic-id') : undefined
  return topicId === NO_TOPIC_ID ? undefined : topicId
}

function ensureExists(topics: readonly TopicName[], options: ParsedOptions): void {
  if (topics.length > 0 || options.has('if-exists')) return
  const topicId = topicIdOf(options)
  if (topicId !== undefined) {
    throw new IllegalArgumentException(`TopicId '${topicId}' does not exist as expected`)
  }
  const topic = options.value('topic')
  if (topic !== undefined && topic !== '') {
    throw new IllegalArgumentException(`Topic '${topic}' does not exist as expected`)
  }
}
