/* Loaded into debugfs and e2fsck before anything else: what they read and write of "their disk", a placeholder file of the right size,
 * comes from an NBD server (one unix socket, one export). So they see a qcow2 chain as a disk, with no mount, no device and no copy.
 *
 * STRATA_DISK is the server's socket, STRATA_DISK_OFFSET where on its disk the file system begins.
 * These programs use positioned reads and writes for their disk only; a plain read or write counts as the disk's when its descriptor
 * is the one that those used. Any failure ends the program (exit code 74): a disk that is gone must not look like zeros.
 * Protocol: https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md (fixed newstyle, NBD_OPT_EXPORT_NAME). */

typedef unsigned char byte;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long s64;

long syscall(long number, ...);
char *getenv(const char *name);
u64 strtoul(const char *text, char **end, int base);
u64 strlen(const char *text);
void *memcpy(void *into, const void *from, u64 bytes);
int pthread_mutex_lock(void *mutex);
int pthread_mutex_unlock(void *mutex);
int fflush(void *file);
char *fgets_unlocked(char *into, int bytes, void *file);

enum { sys_read = 0, sys_write = 1, sys_lseek = 8, sys_socket = 41, sys_connect = 42, sys_exit_group = 231 };
enum { seek_current = 1, unix_family = 1, stream = 1, close_on_exec = 02000000 };
enum { command_read = 0, command_write = 1, request_bytes = 28, reply_bytes = 16, exit_io = 74 };

/* What was read, in windows: a compressed cluster is unpacked once and not for each of its blocks. */
enum { window_bytes = 65536, windows = 32 };

static byte cache[windows][window_bytes];
/* Number of the window that a place holds, plus one; zero: none. */
static u64 held[windows];
static u64 offset, disk_bytes;
static int server = -1, disk = -1;
/* PTHREAD_MUTEX_INITIALIZER is all zeros. These programs read bitmaps by several threads. */
static u64 mutex[8];

static void fail(const char *why) {
  syscall(sys_write, 2, why, strlen(why));
  syscall(sys_exit_group, exit_io);
}

static void take(void *into, u64 bytes) {
  byte *at = into;
  while (bytes > 0) {
    long got = syscall(sys_read, server, at, bytes);
    if (got <= 0) fail("the server of the disk went away\n");
    at += got;
    bytes -= got;
  }
}

static void give(const void *from, u64 bytes) {
  const byte *at = from;
  while (bytes > 0) {
    long put = syscall(sys_write, server, at, bytes);
    if (put <= 0) fail("the server of the disk takes nothing\n");
    at += put;
    bytes -= put;
  }
}

/* Network byte order. */
static void number(byte *at, u64 value, int bytes) {
  for (int i = 0; i < bytes; i++) at[i] = value >> 8 * (bytes - 1 - i);
}

static void attach(void) {
  struct {
    unsigned short family;
    char path[108];
  } address = {unix_family};
  const char *path = getenv("STRATA_DISK"), *start = getenv("STRATA_DISK_OFFSET");
  byte text[18];
  if (!path || !start || strlen(path) >= sizeof address.path) fail("no disk is named\n");
  memcpy(address.path, path, strlen(path));
  offset = strtoul(start, 0, 10);
  server = syscall(sys_socket, unix_family, stream | close_on_exec, 0);
  if (server < 0 || syscall(sys_connect, server, &address, sizeof address) < 0) fail("the server of the disk is not there\n");
  take(text, 18); /* two magic words, flags */
  number(text, 3, 4); /* fixed newstyle, no zeroes */
  give(text, 4);
  number(text, 0x49484156454f5054, 8);
  number(text + 8, 1, 4); /* the export, whose name has no characters */
  number(text + 12, 0, 4);
  give(text, 16);
  take(text, 10); /* its size, its flags */
  for (int i = 0; i < 8; i++) disk_bytes = disk_bytes << 8 | text[i];
}

static void ask(u32 command, u64 at, u32 bytes, const void *sent) {
  byte text[request_bytes] = {0x25, 0x60, 0x95, 0x13};
  number(text + 4, command, 4);
  number(text + 16, at, 8);
  number(text + 24, bytes, 4);
  give(text, request_bytes);
  if (sent) give(sent, bytes);
  take(text, reply_bytes);
  if (text[4] | text[5] | text[6] | text[7]) fail("the disk cannot be read or written\n");
}

/* Where the window with that number is, filled. */
static byte *window(u64 index) {
  u64 place = index % windows, at = index * window_bytes;
  if (held[place] != index + 1) {
    u64 bytes = disk_bytes - at < window_bytes ? disk_bytes - at : window_bytes;
    ask(command_read, at, bytes, 0);
    take(cache[place], bytes);
    held[place] = index + 1;
  }
  return cache[place];
}

static void enter(int descriptor, u64 at, u64 bytes) {
  pthread_mutex_lock(mutex);
  disk = descriptor;
  if (server < 0) attach();
  if (at > disk_bytes || bytes > disk_bytes - at || offset > disk_bytes - at - bytes) fail("that is behind the end of the disk\n");
}

static s64 read_at(int descriptor, void *into, u64 bytes, s64 at) {
  byte *next = into;
  u64 from, end;
  enter(descriptor, at, bytes);
  for (from = offset + at, end = from + bytes; from < end;) {
    u64 begin = from % window_bytes, part = window_bytes - begin;
    if (part > end - from) part = end - from;
    memcpy(next, window(from / window_bytes) + begin, part);
    next += part;
    from += part;
  }
  pthread_mutex_unlock(mutex);
  return bytes;
}

static s64 write_at(int descriptor, const void *from, u64 bytes, s64 at) {
  const byte *next = from;
  u64 into, end;
  enter(descriptor, at, bytes);
  for (into = offset + at, end = into + bytes; into < end;) {
    u64 part = window_bytes - into % window_bytes, index = into / window_bytes;
    if (part > end - into) part = end - into;
    ask(command_write, into, part, next);
    if (held[index % windows] == index + 1) held[index % windows] = 0;
    next += part;
    into += part;
  }
  pthread_mutex_unlock(mutex);
  return bytes;
}

s64 pread64(int descriptor, void *into, u64 bytes, s64 at) { return read_at(descriptor, into, bytes, at); }
s64 pread(int descriptor, void *into, u64 bytes, s64 at) { return read_at(descriptor, into, bytes, at); }
s64 pwrite64(int descriptor, const void *from, u64 bytes, s64 at) { return write_at(descriptor, from, bytes, at); }
s64 pwrite(int descriptor, const void *from, u64 bytes, s64 at) { return write_at(descriptor, from, bytes, at); }

s64 read(int descriptor, void *into, u64 bytes) {
  if (descriptor != disk) return syscall(sys_read, descriptor, into, bytes);
  read_at(descriptor, into, bytes, syscall(sys_lseek, descriptor, 0L, seek_current));
  syscall(sys_lseek, descriptor, bytes, seek_current);
  return bytes;
}

s64 write(int descriptor, const void *from, u64 bytes) {
  if (descriptor == 1) fflush(0);
  if (descriptor != disk) return syscall(sys_write, descriptor, from, bytes);
  write_at(descriptor, from, bytes, syscall(sys_lseek, descriptor, 0L, seek_current));
  syscall(sys_lseek, descriptor, bytes, seek_current);
  return bytes;
}

/* debugfs turns buffering off and writes each word of an answer by itself. Here an answer goes out whole: before the next question is
 * read, and before the bytes of a file, which it writes past its buffer. */
void setbuf(void *file, char *buffer) {}

char *fgets(char *into, int bytes, void *file) {
  fflush(0);
  return fgets_unlocked(into, bytes, file);
}
