/* Makes the disk of a program slower, by LD_PRELOAD: each fsync and fdatasync takes FSYNC_US microseconds more. It
   allocates nothing, because an allocator may still be starting. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int slowly(long call, int file) {
  const char *text = getenv("FSYNC_US");
  long us = text ? atol(text) : 0;
  struct timespec left = {us / 1000000, us % 1000000 * 1000};
  int result = syscall(call, file);
  int error = errno;
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) continue;
  errno = error;
  return result;
}

int fsync(int file) { return slowly(SYS_fsync, file); }

int fdatasync(int file) { return slowly(SYS_fdatasync, file); }
