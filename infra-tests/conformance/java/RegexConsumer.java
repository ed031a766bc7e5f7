import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Subscribes to a regular expression that the broker resolves, and says what it is assigned, until it is killed. */
public class RegexConsumer {
  public static void main(String[] args) {
    Map<String, Object> config = Map.of(
        "bootstrap.servers", args[0], "group.id", args[1], "group.protocol", "consumer",
        "auto.offset.reset", "earliest",
        "key.deserializer", StringDeserializer.class, "value.deserializer", StringDeserializer.class);
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
      consumer.subscribe(new SubscriptionPattern(args[2]), new ConsumerRebalanceListener() {
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
          System.out.println("assigned " + sorted(partitions));
        }

        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
          System.out.println("revoked " + sorted(partitions));
        }
      });
      while (true) {
        consumer.poll(Duration.ofMillis(200)).forEach((record) ->
            System.out.println("got " + record.topic() + " " + record.value()));
      }
    } catch (Exception error) {
      System.out.println("failed " + error.getClass().getSimpleName());
    }
  }

  private static List<String> sorted(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::toString).sorted().collect(Collectors.toList());
  }
}
