import org.apache.kafka.common.protocol.Errors;

/** Prints each error of the protocol: its code, its name, and the exception that Kafka's clients make of it. */
public final class KafkaErrors {
  public static void main(String[] arguments) {
    for (Errors error : Errors.values()) {
      if (error == Errors.NONE) continue;
      System.out.println(error.code() + " " + error.name() + " " + error.exception());
    }
  }
}
