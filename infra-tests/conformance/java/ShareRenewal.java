import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** One consumer of a share group renews its lock on a record (KIP-1222), then goes silent; another one waits for it. */
public class ShareRenewal {
  static volatile boolean ends = false;

  public static void main(String[] args) throws Exception {
    try {
      run(args[0], args[1], args[2], Integer.parseInt(args[3]));
    } catch (Throwable error) {
      // The launcher of source files trips over some stack traces.
      error.printStackTrace();
      System.exit(1);
    }
  }

  static void run(String bootstrap, String group, String topic, int lockMs) throws Exception {
    BlockingQueue<String> others = new LinkedBlockingQueue<>();
    try (var holder = consumer(bootstrap, group, topic)) {
      var record = first(holder);
      var waiting = new Thread(() -> waitForIt(bootstrap, group, topic, others));
      waiting.start();
      for (int round = 0; round < 9; round++) {
        holder.acknowledge(record, AcknowledgeType.RENEW);
        for (var outcome : holder.commitSync().values())
          if (outcome.isPresent()) throw outcome.get();
        Thread.sleep(lockMs / 3);
        holder.poll(Duration.ofMillis(10));
      }
      System.out.println("while it was renewed: " + others.size());
      System.out.println("afterwards: " + others.poll(60, TimeUnit.SECONDS));
      ends = true;
      waiting.join();
    }
  }

  static void waitForIt(String bootstrap, String group, String topic, BlockingQueue<String> got) {
    try (var consumer = consumer(bootstrap, group, topic)) {
      while (!ends) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          consumer.acknowledge(record);
          got.add(record.value() + " for the " + record.deliveryCount().get() + "nd time");
        }
      }
    }
  }

  static ConsumerRecord<String, String> first(KafkaShareConsumer<String, String> consumer) {
    while (true) for (var record : consumer.poll(Duration.ofMillis(200))) return record;
  }

  static KafkaShareConsumer<String, String> consumer(String bootstrap, String group, String topic) {
    var consumer = new KafkaShareConsumer<String, String>(Map.of(
        "bootstrap.servers", bootstrap, "group.id", group, "share.acknowledgement.mode", "explicit",
        "key.deserializer", StringDeserializer.class, "value.deserializer", StringDeserializer.class));
    consumer.subscribe(List.of(topic));
    return consumer;
  }
}
