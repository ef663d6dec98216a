/* Drivers' libraries, found when the program runs: none is needed to build it. */

/* The library by the first of its names that is there; `variable` of the environment names it. */
static void *claw_library(const char *variable, const char *const *names) {
  const char *named = getenv(variable);
  if (named) return dlopen(named, RTLD_NOW | RTLD_LOCAL);
  for (; *names; names++) {
    void *library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  return NULL;
}

typedef struct claw_symbol {
  const char *name;
  void *into; /* the pointer to the function */
} claw_symbol;

/* Fill in the functions; the name of one that the library lacks. */
static const char *claw_symbols(void *library, const claw_symbol *symbols, size_t count) {
  for (size_t i = 0; i < count; i++) {
    void *found = dlsym(library, symbols[i].name);
    if (!found) return symbols[i].name;
    memcpy(symbols[i].into, &found, sizeof found);
  }
  return NULL;
}
