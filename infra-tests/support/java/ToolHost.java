import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.tools.ToolProvider;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's tools, and of sources of ours, one after the other, so that they share the start of
 * one JVM. A request is a line of base64 words: main class or source file, standard input, arguments. Answers are lines
 * too: `out TEXT`, `err TEXT`, and at the end `exit CODE reusable|spent`. A JVM is spent when what it ran left threads.
 */
public final class ToolHost {
  private static final long QUIET_MS = 1_000;
  private static final PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
  private static final Map<String, URLClassLoader> compiled = new HashMap<>();
  private static final List<Runnable> hooks = new CopyOnWriteArrayList<>();

  /** The first exit code that the tool asked for. What it writes from then on nobody would have seen. */
  private static volatile Integer exitCode;

  /** Takes a tool that ends the JVM out of its main method. */
  private static final class Ended extends Error {
    Ended() {
      super(null, null, false, false);
    }
  }

  public static void main(String[] arguments) throws Exception {
    var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.setOut(new PrintStream(new Answer("out"), false, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(new Answer("err"), false, StandardCharsets.UTF_8));
    Exit.setExitProcedure((code, message) -> end(code));
    Exit.setHaltProcedure((code, message) -> end(code));
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      var words = new ArrayList<byte[]>();
      for (String word : line.split(" ", -1)) words.add(Base64.getDecoder().decode(word));
      var options = words.subList(2, words.size()).stream().map(ToolHost::text).toArray(String[]::new);
      boolean reusable = run(text(words.get(0)), words.get(1), options);
      if (!reusable) Runtime.getRuntime().halt(0);
    }
    Runtime.getRuntime().halt(0);
  }

  private static void end(int code) {
    System.out.flush();
    System.err.flush();
    if (exitCode == null) exitCode = code;
    throw new Ended();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Whether nothing of it is left running. */
  private static boolean run(String program, byte[] input, String[] arguments) throws Exception {
    var before = Thread.getAllStackTraces().keySet();
    System.setIn(new ByteArrayInputStream(input));
    hooks.clear();
    exitCode = null;
    int[] returned = {0};
    var main = new Thread(() -> returned[0] = call(program, arguments), "main");
    main.start();
    main.join();
    if (exitCode == null) for (Thread thread : left(before)) if (!thread.isDaemon()) thread.join();
    System.out.flush();
    System.err.flush();
    int code = exitCode == null ? returned[0] : exitCode;
    exitCode = null;
    for (Runnable hook : hooks) hook.run();
    boolean reusable = left(before).isEmpty();
    for (long end = System.nanoTime() + QUIET_MS * 1_000_000; !reusable && System.nanoTime() < end; ) {
      Thread.sleep(5);
      reusable = left(before).isEmpty();
    }
    System.out.flush();
    System.err.flush();
    answers.println("exit " + code + (reusable ? " reusable" : " spent"));
    return reusable;
  }

  private static Set<Thread> left(Set<Thread> before) {
    var threads = new HashSet<>(Thread.getAllStackTraces().keySet());
    threads.removeAll(before);
    // The JVM's own, which come when there is something to do.
    threads.removeIf(thread -> thread.getThreadGroup() == null || thread.getThreadGroup().getName().equals("system"));
    return threads;
  }

  private static int call(String program, String[] arguments) {
    try {
      var loader = program.endsWith(".java") ? compiled(program) : new Fresh();
      Thread.currentThread().setContextClassLoader(loader);
      var name = program.endsWith(".java") ? new File(program).getName().replace(".java", "") : program;
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
      return 0;
    } catch (InvocationTargetException wrapper) {
      if (!(wrapper.getCause() instanceof Ended)) wrapper.getCause().printStackTrace();
      return 1;
    } catch (Exception error) {
      error.printStackTrace();
      return 1;
    }
  }

  private static URLClassLoader compiled(String source) throws IOException, ClassNotFoundException {
    var loader = compiled.get(source);
    if (loader != null) return loader;
    Path folder = Files.createTempDirectory("freshet-java-");
    try {
      var compiler = ToolProvider.getSystemJavaCompiler();
      var options = new String[] {"-d", folder.toString(), "-cp", System.getProperty("java.class.path"), source};
      int failed = compiler.run(null, System.out, System.err, options);
      if (failed != 0) throw new IOException("cannot compile " + source);
      loader = new URLClassLoader(new URL[] {folder.toUri().toURL()});
      for (File file : folder.toFile().listFiles()) loader.loadClass(file.getName().replace(".class", ""));
      compiled.put(source, loader);
      return loader;
    } finally {
      for (File file : folder.toFile().listFiles()) file.delete();
      Files.delete(folder);
    }
  }

  /** Gives each run its own classes of the tools, with their static fields as at the start. */
  private static final class Fresh extends URLClassLoader {
    private static final URL[] jars = toolJars();

    Fresh() {
      super(jars, ToolHost.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        var found = findLoadedClass(name);
        if (found == null && (name.startsWith("org.apache.kafka.tools.") || name.startsWith("kafka."))) {
          try {
            found = findClass(name);
          } catch (ClassNotFoundException elsewhere) {
            return super.loadClass(name, resolve);
          }
        }
        return found == null ? super.loadClass(name, resolve) : found;
      }
    }

    private static URL[] toolJars() {
      var urls = new ArrayList<URL>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        try {
          if (new File(entry).getName().startsWith("kafka")) urls.add(new File(entry).toURI().toURL());
        } catch (IOException error) {
          throw new IllegalStateException(error);
        }
      }
      return urls.toArray(URL[]::new);
    }
  }

  /** What a tool writes, as it writes it. */
  private static final class Answer extends OutputStream {
    private final String name;

    Answer(String name) {
      this.name = name;
    }

    @Override
    public void write(int oneByte) {
      write(new byte[] {(byte) oneByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      if (exitCode != null) return;
      var copy = java.util.Arrays.copyOfRange(bytes, from, from + length);
      answers.println(name + " " + Base64.getEncoder().encodeToString(copy));
    }
  }
}
