import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka's own transactional producer and consumer, through one step of a story; run as a source file. */
public class Transactions {
  static String bootstrap;

  public static void main(String[] args) {
    try {
      run(args);
    } catch (Throwable error) {
      // The launcher of source files trips over some stack traces.
      error.printStackTrace();
      System.exit(1);
    }
  }

  static void run(String[] args) throws Exception {
    bootstrap = args[1];
    switch (args[0]) {
      case "commit-and-abort" -> commitAndAbort(args[2], args[3]);
      case "fence" -> fence(args[2], args[3]);
      case "hang" -> hang(args[2], args[3]);
      case "transform" -> transform(args[2], args[3], args[4], Integer.parseInt(args[5]));
      case "read" -> System.out.println(String.join(",", read(args[2], Integer.parseInt(args[3]))));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Ten transactions over all partitions; every second one is aborted. */
  static void commitAndAbort(String id, String topic) {
    try (var producer = producer(id)) {
      producer.initTransactions();
      for (int round = 0; round < 10; round++) {
        producer.beginTransaction();
        for (int partition = 0; partition < 3; partition++)
          producer.send(new ProducerRecord<>(topic, partition, null, "r" + round + "p" + partition));
        if (round % 2 == 0) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
  }

  /** A second producer takes the id over while the first is in the middle of a transaction. */
  static void fence(String id, String topic) throws Exception {
    try (var zombie = producer(id); var next = producer(id)) {
      zombie.initTransactions();
      zombie.beginTransaction();
      zombie.send(new ProducerRecord<>(topic, 0, null, "zombie")).get();
      next.initTransactions();
      next.beginTransaction();
      next.send(new ProducerRecord<>(topic, 0, null, "next"));
      next.commitTransaction();
      try {
        zombie.send(new ProducerRecord<>(topic, 0, null, "late"));
        zombie.commitTransaction();
        System.out.println("not fenced");
      } catch (RuntimeException error) {
        System.out.println("fenced: " + error.getClass().getSimpleName());
      }
    }
  }

  /** Leaves a transaction open for ever. */
  static void hang(String id, String topic) throws Exception {
    var producer = producer(id);
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, 0, null, "hangs")).get();
    System.out.println("open");
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  /** Consume, transform, produce, exactly once: every third transaction is aborted and done again. */
  static void transform(String id, String from, String to, int count) {
    var group = "group-of-" + id;
    try (var consumer = consumer(group); var producer = producer(id)) {
      producer.initTransactions();
      consumer.subscribe(List.of(from));
      int done = 0;
      for (int attempt = 1; done < count; attempt++) {
        var records = consumer.poll(Duration.ofSeconds(1));
        if (records.isEmpty()) continue;
        producer.beginTransaction();
        for (var record : records) producer.send(new ProducerRecord<>(to, record.partition(), null, record.value() + "!"));
        Map<TopicPartition, OffsetAndMetadata> offsets = new java.util.HashMap<>();
        for (var partition : records.partitions()) {
          var own = records.records(partition);
          offsets.put(partition, new OffsetAndMetadata(own.get(own.size() - 1).offset() + 1));
        }
        ConsumerGroupMetadata metadata = consumer.groupMetadata();
        producer.sendOffsetsToTransaction(offsets, metadata);
        if (attempt % 3 == 1) {
          producer.abortTransaction();
          for (var partition : records.partitions())
            consumer.seek(partition, records.records(partition).get(0).offset());
        } else {
          producer.commitTransaction();
          done += records.count();
        }
      }
      System.out.println("transformed " + done);
    }
  }

  static List<String> read(String topic, int count) {
    var values = new ArrayList<String>();
    try (var consumer = consumer("reader-" + System.nanoTime())) {
      consumer.subscribe(List.of(topic));
      long until = System.currentTimeMillis() + 30_000;
      while (values.size() < count && System.currentTimeMillis() < until)
        consumer.poll(Duration.ofMillis(500)).forEach(record -> values.add(record.value()));
      consumer.poll(Duration.ofMillis(500)).forEach(record -> values.add(record.value()));
    }
    values.sort(null);
    return values;
  }

  static KafkaProducer<String, String> producer(String id) {
    var properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("transactional.id", id);
    return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String group) {
    var properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("group.id", group);
    properties.put("isolation.level", "read_committed");
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    properties.put("max.poll.records", "50");
    return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
  }
}
