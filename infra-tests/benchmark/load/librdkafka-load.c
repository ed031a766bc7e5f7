/*
 * Load through librdkafka, for the benchmark: sends COUNT records of SIZE bytes, waits for every acknowledgement,
 * or reads COUNT records from the beginning of every partition. Prints one JSON object.
 *   librdkafka-load produce BOOTSTRAP TOPIC COUNT SIZE [name=value ...]
 *   librdkafka-load consume BOOTSTRAP TOPIC COUNT [name=value ...]
 */
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t delivered, refused;

static void fail(const char *what) {
  fprintf(stderr, "librdkafka-load: %s\n", what);
  exit(1);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
  (void)client;
  (void)opaque;
  if (message->err) refused++;
  else delivered++;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[256];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(error);
}

static rd_kafka_conf_t *configure(const char *bootstrap, char **settings, int count) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", bootstrap);
  for (int i = 0; i < count; i++) {
    char *equals = strchr(settings[i], '=');
    if (!equals) fail("settings are name=value");
    *equals = 0;
    set(conf, settings[i], equals + 1);
  }
  return conf;
}

static rd_kafka_t *create(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char error[256];
  rd_kafka_t *client = rd_kafka_new(type, conf, error, sizeof error);
  if (!client) fail(error);
  return client;
}

static int partitions_of(rd_kafka_t *client, rd_kafka_topic_t *topic) {
  const struct rd_kafka_metadata *metadata;
  if (rd_kafka_metadata(client, 0, topic, &metadata, 10000)) fail("no metadata");
  if (metadata->topic_cnt != 1 || metadata->topics[0].err) fail("no such topic");
  int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

static void produce(const char *bootstrap, const char *name, uint64_t count, size_t size, char **settings, int n) {
  rd_kafka_conf_t *conf = configure(bootstrap, settings, n);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *client = create(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
  int partitions = partitions_of(client, topic);
  char *payload = malloc(size);
  if (!payload) fail("out of memory");
  for (size_t i = 0; i < size; i++) payload[i] = (char)('A' + (i * 7 + i / 26) % 26);
  double start = seconds_now();
  for (uint64_t sent = 0; sent < count;) {
    if (rd_kafka_produce(topic, (int32_t)(sent % (uint64_t)partitions), 0, payload, size, NULL, 0, NULL) == 0) {
      sent++;
      if (sent % 1000 == 0) rd_kafka_poll(client, 0);
    } else {
      rd_kafka_poll(client, 10);
    }
  }
  rd_kafka_flush(client, 120000);
  printf("{\"seconds\":%.4f,\"records\":%llu,\"failed\":%llu}\n", seconds_now() - start,
         (unsigned long long)delivered, (unsigned long long)refused);
}

static void consume(const char *bootstrap, const char *name, uint64_t count, char **settings, int n) {
  rd_kafka_conf_t *conf = configure(bootstrap, settings, n);
  set(conf, "group.id", "librdkafka-load");
  set(conf, "enable.auto.commit", "false");
  rd_kafka_t *client = create(RD_KAFKA_CONSUMER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
  int partitions = partitions_of(client, topic);
  rd_kafka_topic_partition_list_t *assignment = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; i++) rd_kafka_topic_partition_list_add(assignment, name, i)->offset = 0;
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
  rd_kafka_message_t *messages[1000];
  double start = seconds_now(), last = start;
  rd_kafka_assign(client, assignment);
  uint64_t received = 0;
  while (received < count && seconds_now() - last < 10) {
    ssize_t taken = rd_kafka_consume_batch_queue(queue, 100, messages, 1000);
    for (ssize_t i = 0; i < taken; i++) {
      if (!messages[i]->err) received++;
      rd_kafka_message_destroy(messages[i]);
    }
    if (taken > 0) last = seconds_now();
  }
  printf("{\"seconds\":%.4f,\"records\":%llu,\"failed\":0}\n", last - start, (unsigned long long)received);
}

int main(int argc, char **argv) {
  if (argc >= 6 && strcmp(argv[1], "produce") == 0) {
    produce(argv[2], argv[3], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10), argv + 6, argc - 6);
  } else if (argc >= 5 && strcmp(argv[1], "consume") == 0) {
    consume(argv[2], argv[3], strtoull(argv[4], NULL, 10), argv + 5, argc - 5);
  } else {
    fail("see the head of librdkafka-load.c");
  }
  fflush(stdout);
  _Exit(refused != 0); /* leaving without the client's own goodbye, which may take seconds */
}
