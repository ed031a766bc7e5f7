import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KeyValueMapper;
import org.apache.kafka.streams.kstream.Materialized;

/**
 * Kafka Streams' word count with exactly_once_v2: bootstrap servers, application id, state folder, input, output. It
 * runs until it is killed. Every new count is written, so the counts of a word are 1, 2, 3... without gap or repeat.
 */
public class ExactlyOnceWordCount {
  public static void main(String[] args) {
    try {
      run(args);
    } catch (Throwable error) {
      // The launcher of source files trips over some stack traces.
      error.printStackTrace();
      System.exit(1);
    }
  }

  static void run(String[] args) {
    var builder = new StreamsBuilder();
    KeyValueMapper<String, String, String> byWord = (key, word) -> word;
    builder.<String, String>stream(args[3])
        .flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy(byWord, Grouped.as("words"))
        .count(Materialized.as("counts"))
        .toStream()
        .mapValues(String::valueOf)
        .to(args[4]);
    var properties = new Properties();
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, args[2]);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 3);
    properties.put("session.timeout.ms", 6000);
    properties.put("auto.offset.reset", "earliest");
    // Small steps, so that whoever kills this hits it in the middle.
    properties.put("max.poll.records", 50);
    var streams = new KafkaStreams(builder.build(), properties);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }
}
