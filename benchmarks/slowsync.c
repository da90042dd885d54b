/* Preloaded into a program, makes every fsync and fdatasync last SLOWSYNC_US microseconds longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static struct timespec delay;

__attribute__((constructor)) static void read_delay(void)
{
	const char *wanted = getenv("SLOWSYNC_US");
	long microseconds = wanted ? atol(wanted) : 0;

	delay.tv_sec = microseconds / 1000000;
	delay.tv_nsec = (microseconds % 1000000) * 1000;
}

static int late(const char *name, int file)
{
	nanosleep(&delay, NULL);
	return ((sync_call)dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file)
{
	return late("fsync", file);
}

int fdatasync(int file)
{
	return late("fdatasync", file);
}
