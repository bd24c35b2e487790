/* Loaded into QEMU's virtiofsd before anything else: it serves one folder as one user of the host, whoever started it, and sees nothing else.
 *
 * Before its first instruction the process makes the socket on which the machine calls (descriptor 3), becomes that user for good, and
 * enters a user namespace in which that user's id is the guest's: so the guest sees its own id, the host its user's, and the rights that
 * virtiofsd needs reach files of the mapped ids alone. Without STRATA_SERVE_AS nothing is served.
 * Its environment: STRATA_SERVE_SOCKET path; STRATA_SERVE_PEER uid that may connect; STRATA_SERVE_AS "uid gid"; STRATA_SERVE_GROUPS
 * "gid gid ..." besides; STRATA_SERVE_UIDS and STRATA_SERVE_GIDS lines for user_namespaces(7), "guest host 1"; STRATA_SERVE_SOURCE path;
 * STRATA_SERVE_READ_ONLY when set. It says "serve-as: ready" on stderr when the machine may call, and waits a minute for that. A failure
 * is one line there, "serve-as: WHAT: ERRNO", and exit code 70. */

typedef unsigned int u32;
typedef unsigned long u64;

long syscall(long number, long a, long b, long c, long d, long e, long f);
char *getenv(const char *name);
u64 strtoul(const char *text, char **end, int base);
u64 strlen(const char *text);
char *strcpy(char *into, const char *from);
int dprintf(int descriptor, const char *format, ...);
int sprintf(char *into, const char *format, ...);
void *dlsym(void *handle, const char *name);
int *__errno_location(void);
void (*signal(int number, void (*handler)(int)))(int);
#define errno (*__errno_location())
#define next_one ((void *)-1)

enum { sys_write = 1, sys_close = 3, sys_poll = 7, sys_access = 21, sys_pipe = 22, sys_dup2 = 33, sys_getpid = 39, sys_socket = 41,
       sys_bind = 49, sys_listen = 50, sys_fork = 57, sys_wait4 = 61, sys_unlink = 87, sys_chmod = 90, sys_chown = 92, sys_umask = 95,
       sys_getuid = 102, sys_setgroups = 116, sys_setresuid = 117, sys_setresgid = 119, sys_mount = 165, sys_exit_group = 231,
       sys_open = 2, sys_read = 0, sys_unshare = 272, sys_prlimit = 302, sys_mount_setattr = 442 };
enum { unix_family = 1, stream = 1, door = 3, invalid = 22, timed_out = 110, exit_software = 70, groups_max = 65536 };
enum { write_only = 1, folder = 0200000, new_user = 0x10000000, new_mounts = 0x20000, bind_mount = 4096, recursive = 16384,
       open_files = 7, at_here = -100, at_recursive = 0x8000, attribute_read_only = 1, read_and_enter = 5,
       can_be_read = 1, patience_ms = 60000, hang_up = 1, interrupt = 2, terminate = 15 };

static int is_ready;
static long (*real)(long, long, long, long, long, long, long);

/* Libraries that begin before us call it too. */
static void find_real(void) {
  if (real == 0) *(void **)&real = dlsym(next_one, "syscall");
}

static long ask(long number, long a, long b, long c) { return real(number, a, b, c, 0, 0, 0); }

static void fail(const char *what) {
  dprintf(2, "serve-as: %s: %d\n", what, errno);
  ask(sys_exit_group, exit_software, 0, 0);
}

static long must(const char *what, long answer) {
  if (answer < 0) fail(what);
  return answer;
}

static const char *word(const char *name) {
  const char *value = getenv(name);
  if (value == 0) {
    errno = invalid;
    fail(name);
  }
  return value;
}

/* Reads the next number of a list; 0 at its end. */
static int number(const char **at, u32 *value) {
  char *end;
  u64 found = strtoul(*at, &end, 10);
  if (end == *at) return 0;
  *value = found;
  *at = end;
  return 1;
}

/* Only whom the machine runs as may connect; root may give the socket away, anybody else runs the machine too. */
static void open_door(u32 self) {
  struct { unsigned short family; char path[108]; } name = { unix_family };
  const char *path = word("STRATA_SERVE_SOCKET");
  const char *peer = word("STRATA_SERVE_PEER");
  u32 uid = self;
  int made;
  if (strlen(path) >= sizeof name.path) {
    errno = invalid;
    fail("socket");
  }
  strcpy(name.path, path);
  number(&peer, &uid);
  ask(sys_unlink, (long)path, 0, 0);
  made = must("socket", ask(sys_socket, unix_family, stream, 0));
  ask(sys_umask, 0177, 0, 0);
  must("socket", ask(sys_bind, made, (long)&name, 2 + strlen(path) + 1));
  if (uid != self) must("socket", ask(sys_chown, (long)path, uid, uid));
  must("socket", ask(sys_listen, made, 1, 0));
  if (made == door) return;
  must("socket", ask(sys_dup2, made, door, 0));
  ask(sys_close, made, 0, 0);
}

static int put(long process, const char *file, const char *text) {
  char path[64];
  int target, answer;
  sprintf(path, "/proc/%ld/%s", process, file);
  target = ask(sys_open, (long)path, write_only, 0);
  if (target < 0) return errno;
  answer = ask(sys_write, target, (long)text, strlen(text)) < 0 ? errno : 0;
  ask(sys_close, target, 0, 0);
  return answer;
}

/* Run by a child that stays outside, since only from there ids can be given; exits with the error's number. */
static void give_ids(long process, int is_root, int asked) {
  char byte;
  int error = 0;
  if (ask(sys_read, asked, (long)&byte, 1) != 1) ask(sys_exit_group, 0, 0, 0);
  /* The kernel's condition for who is not root. */
  if (!is_root) error = put(process, "setgroups", "deny");
  if (error == 0) error = put(process, "gid_map", word("STRATA_SERVE_GIDS"));
  if (error == 0) error = put(process, "uid_map", word("STRATA_SERVE_UIDS"));
  ask(sys_exit_group, error, 0, 0);
}

static void become(const char *as, int is_root) {
  static u32 groups[groups_max];
  const char *list = word("STRATA_SERVE_GROUPS");
  u32 uid, gid;
  int count = 0;
  if (!number(&as, &uid) || !number(&as, &gid)) {
    errno = invalid;
    fail("user");
  }
  if (!is_root) return;
  while (count < groups_max && number(&list, &groups[count])) count++;
  must("user", ask(sys_setgroups, count, (long)groups, 0));
  must("user", ask(sys_setresgid, gid, gid, gid));
  must("user", ask(sys_setresuid, uid, uid, uid));
}

static void enter_namespace(const char *as, int is_root) {
  int line[2], status = 0;
  long self = ask(sys_getpid, 0, 0, 0), child;
  must("namespace", ask(sys_pipe, (long)line, 0, 0));
  child = must("namespace", ask(sys_fork, 0, 0, 0));
  if (child == 0) {
    ask(sys_close, line[1], 0, 0);
    give_ids(self, is_root, line[0]);
  }
  ask(sys_close, line[0], 0, 0);
  become(as, is_root);
  must("namespace", ask(sys_unshare, new_user, 0, 0));
  must("namespace", ask(sys_write, line[1], (long)"", 1));
  ask(sys_close, line[1], 0, 0);
  must("namespace", real(sys_wait4, child, (long)&status, 0, 0, 0, 0));
  if (status != 0) {
    errno = status >> 8;
    fail("maps");
  }
}

/* As the user, who may not get there: told apart from a server that does not work. */
static void check_source(const char *source) {
  int opened = must("source", ask(sys_open, (long)source, folder, 0));
  must("source", ask(sys_access, (long)source, read_and_enter, 0));
  ask(sys_close, opened, 0, 0);
}

static void make_read_only(const char *source) {
  u64 attributes[4] = { attribute_read_only, 0, 0, 0 };
  must("read-only", ask(sys_unshare, new_mounts, 0, 0));
  must("read-only", real(sys_mount, (long)source, (long)source, 0, bind_mount | recursive, 0, 0));
  must("read-only", real(sys_mount_setattr, at_here, (long)source, at_recursive, (long)attributes, sizeof attributes, 0));
}

/* As many files open as we may: each file that the guest knows is one. */
static void raise_limit(void) {
  u64 limit[2];
  if (real(sys_prlimit, 0, open_files, 0, (long)limit, 0, 0) < 0) return;
  limit[0] = limit[1];
  real(sys_prlimit, 0, open_files, (long)limit, 0, 0, 0);
}

/* Whoever started us may be gone, and nobody calls. */
static void await_machine(void) {
  struct { int descriptor; short wanted, seen; } call = { door, can_be_read };
  dprintf(2, "serve-as: ready\n");
  if (ask(sys_poll, (long)&call, 1, patience_ms) == 1) return;
  errno = timed_out;
  fail("machine");
}

static void stop(int number) { real(sys_exit_group, 0, 0, 0, 0, 0, 0); }

/* virtiofsd's own handling, which it installs where there is none, ends one thread and leaves the others alive: the guest would wait for ever.
 * Its child is sent the last of them when the parent ends. */
static void end_at_once(void) {
  signal(hang_up, stop);
  signal(interrupt, stop);
  signal(terminate, stop);
}

__attribute__((constructor)) static void begin(void) {
  const char *as, *source;
  u32 self;
  find_real();
  as = word("STRATA_SERVE_AS");
  source = word("STRATA_SERVE_SOURCE");
  self = ask(sys_getuid, 0, 0, 0);
  open_door(self);
  enter_namespace(as, self == 0);
  check_source(source);
  if (getenv("STRATA_SERVE_READ_ONLY") != 0) make_read_only(source);
  raise_limit();
  end_at_once();
  await_machine();
  is_ready = 1;
}

/* virtiofsd takes on each guest user's id by the bare call. One that has no counterpart here acts as the user who is served, as does the guest's root. */
long syscall(long number, long a, long b, long c, long d, long e, long f) {
  int is_identity = number == sys_setresuid || number == sys_setresgid;
  long answer;
  find_real();
  answer = real(number, a, b, c, d, e, f);
  return answer < 0 && is_ready && is_identity && errno == invalid ? 0 : answer;
}

/* The groups of the user stay: they are its rights. In a namespace of one's own nobody may change them anyway. */
int setgroups(u64 count, const u32 *groups) { return 0; }
