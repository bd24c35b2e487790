/*
 * Runs a program under ptrace and kills it with SIGKILL at the n-th call that changes a directory: the whole program, whichever
 * of its threads made the call, before the call is carried out. Compiled in memory by the runtime, which has no headers.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

int clone(int (*)(void *), void *, int, void *);
int getpid(void);
int execve(const char *, char *const *, char *const *);
int waitpid(int, int *, int);
int kill(int, int);
int prctl(int, u64, u64, u64, u64);
long ptrace(long, ...);
u32 alarm(u32);
void _exit(int);
int open(const char *, int, ...);
int close(int);
int dup2(int, int);
long read(int, void *, u64);
long pread(int, void *, u64, long);
long pwrite(int, const void *, u64, long);
long readlink(const char *, char *, u64);
int snprintf(char *, u64, const char *, ...);
int memcmp(const void *, const void *, u64);
void *memcpy(void *, const void *, u64);
u64 strlen(const char *);

enum { PATH_MAX = 4096, TORN_MAX = 1 << 20 };
enum { TRACEME = 0, CONT = 7, SETOPTIONS = 0x4200, SYSCALL_INFO = 0x420e };
/* TRACEFORK, TRACEVFORK, TRACECLONE, TRACEEXEC, TRACESECCOMP, EXITKILL */
enum { OPTIONS = 2 | 4 | 8 | 16 | 0x80 | 0x100000 };
enum { EVENT_SECCOMP = 7, SIGTRAP = 5, SIGKILL = 9, SIGSTOP = 19, WALL = 0x40000000 };
enum { CLONE_MEMORY = 0x100, SIGCHLD = 17 };
enum { PARENT_DEATH = 1, SECCOMP = 22, NO_NEW_PRIVILEGES = 38, FILTER = 2 };
enum { SECCOMP_TRACE = 0x7ff00000, SECCOMP_ALLOW = 0x7fff0000 };
/* O_WRONLY, O_RDWR, O_CREAT, O_TRUNC */
enum { WRITING = 1 | 2 | 0100 | 01000 };

struct instruction { u16 code; u8 yes, no; u32 operand; };
struct program { u16 length; struct instruction *code; };
struct call { u8 op; u8 pad[3]; u32 arch; u64 ip, sp, number, arguments[6]; u32 value; };

/* Where a call names its file: the path in an argument, or the descriptor in the first. */
enum where { PATH_0 = 0, PATH_1 = 1, DESCRIPTOR = 2, OPEN = 3, OPENAT = 4 };

/* As TypeScript packs it: `calls` are pairs of a number and a `where`. */
struct order {
  const char *program; char *const *arguments; char *const *environment;
  const char *directory; const char *mark; const int *calls; u64 callCount;
  u64 killAt, sixteenths, secondsMax; char *said; u64 saidMax; u64 count; const char *output;
};

static u8 text[TORN_MAX];
static u8 stack[1 << 16] __attribute__((aligned(16)));

static void filtered(struct order *order) {
  struct instruction code[80] = {{0x20, 0, 0, 0}};
  int length = 1, count = order->callCount;
  for (int i = 0; i < count; i++)
    code[length++] = (struct instruction){0x15, count - i, 0, order->calls[2 * i]};
  code[length++] = (struct instruction){6, 0, 0, SECCOMP_ALLOW};
  code[length++] = (struct instruction){6, 0, 0, SECCOMP_TRACE};
  struct program program = {length, code};
  prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0);
  if (prctl(SECCOMP, FILTER, (u64)&program, 0, 0) != 0) _exit(120);
}

static int child(void *argument) {
  struct order *order = argument;
  int output = open(order->output, 02 | 0100 | 02000, 0600);
  dup2(output, 1);
  dup2(output, 2);
  prctl(PARENT_DEATH, SIGKILL, 0, 0, 0);
  ptrace(TRACEME, 0L, 0L, 0L);
  kill(getpid(), SIGSTOP);
  /* It lasts over the exec: a program that hangs is ended. */
  alarm(order->secondsMax);
  filtered(order);
  execve(order->program, order->arguments, order->environment);
  _exit(121);
  return 121;
}

static int opened(int pid, const char *what, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
  return open(path, flags);
}

static void argumentPath(int pid, u64 address, char *path) {
  int memory = opened(pid, "mem", 0);
  long got = pread(memory, path, PATH_MAX - 1, address);
  close(memory);
  path[got < 0 ? 0 : got] = 0;
}

static void descriptorPath(int pid, int descriptor, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, descriptor);
  long got = readlink(link, path, PATH_MAX - 1);
  path[got < 0 ? 0 : got] = 0;
}

/* The path that a call would change; empty when it changes none. */
static void pathOf(struct order *order, int pid, struct call *call, char *path) {
  path[0] = 0;
  for (u64 i = 0; i < order->callCount; i++) {
    if (call->number != order->calls[2 * i]) continue;
    int where = order->calls[2 * i + 1];
    if (where == OPEN && (call->arguments[1] & WRITING) == 0) return;
    if (where == OPENAT && (call->arguments[2] & WRITING) == 0) return;
    if (where == DESCRIPTOR) return descriptorPath(pid, call->arguments[0], path);
    return argumentPath(pid, call->arguments[where == PATH_1 || where == OPENAT ? 1 : 0], path);
  }
}

/* Carries out the first sixteenths of a pwrite, as the kernel may when a kill meets it in the middle. */
static void tear(struct order *order, int pid, struct call *call) {
  u64 length = call->arguments[2] * order->sixteenths / 16;
  if (length > TORN_MAX) length = TORN_MAX;
  char name[32];
  snprintf(name, sizeof name, "fd/%d", (int)call->arguments[0]);
  int memory = opened(pid, "mem", 0), file = opened(pid, name, 2);
  long got = pread(memory, text, length, call->arguments[1]);
  if (got > 0) pwrite(file, text, got, call->arguments[3]);
  close(memory);
  close(file);
}

static int isIn(const char *directory, const char *path) {
  u64 length = strlen(directory);
  return memcmp(directory, path, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static void say(struct order *order, u64 *said, struct call *call, const char *path) {
  u64 length = strlen(path);
  if (*said + length + 32 > order->saidMax) return;
  *said += snprintf(order->said + *said, order->saidMax - *said, "%ld %ld %s\n", call->number, call->arguments[2], path);
}

/* Counts calls from the mark on. The wait status of the program, or -1 when it could not be begun. */
int run(struct order *order) {
  /* It shares this memory until its exec: copying the page tables of a large process takes longer than all that follows. */
  int pid = clone(child, stack + sizeof stack, CLONE_MEMORY | SIGCHLD, order);
  int status = 0, end = -1, isMarked = order->mark[0] == 0;
  u64 said = 0;
  if (pid < 0 || waitpid(pid, &status, WALL) != pid) return -1;
  if (ptrace(SETOPTIONS, (long)pid, 0L, (long)OPTIONS) != 0) return -1;
  ptrace(CONT, (long)pid, 0L, 0L);
  for (;;) {
    int thread = waitpid(-1, &status, WALL);
    if (thread < 0) break;
    if ((status & 0xff) != 0x7f) {
      if (thread == pid) end = status;
      continue;
    }
    int signal = (status >> 8) & 0xff, event = status >> 16;
    if (event == EVENT_SECCOMP) {
      struct call call;
      char path[PATH_MAX];
      ptrace(SYSCALL_INFO, (long)thread, (long)sizeof call, &call);
      pathOf(order, thread, &call, path);
      if (!isMarked && path[0] != 0) isMarked = memcmp(path, order->mark, strlen(order->mark) + 1) == 0;
      else if (isMarked && path[0] != 0 && isIn(order->directory, path)) {
        order->count++;
        say(order, &said, &call, path);
        if (order->count == order->killAt) {
          if (order->sixteenths > 0) tear(order, thread, &call);
          kill(pid, SIGKILL);
          continue;
        }
      }
    }
    /* What a new thread or an exec stops with is the tracing's own. */
    int isOwn = event != 0 || signal == SIGTRAP || signal == SIGSTOP;
    ptrace(CONT, (long)thread, 0L, (long)(isOwn ? 0 : signal));
  }
  order->said[said] = 0;
  return end;
}
