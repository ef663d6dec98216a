/* Opening a device, and closing it. */

/* The program's own tables follow: claw_images, claw_constants, claw_variables, claw_drivers. */
static claw_status claw_choose(claw_context *c) {
  int best = 0;
  for (size_t i = 0; i < sizeof claw_images / sizeof *claw_images; i++) {
    const int score = c->driver->fit(c, &claw_images[i]);
    if (score <= best) continue;
    best = score;
    c->image = &claw_images[i];
    c->image_number = i;
  }
  if (!best) return claw_fail(c, CLAW_NO_DEVICE, "no image runs on this %s device", c->driver->name);
  return c->image->kernel_count ? c->driver->load(c, c->image) : CLAW_OK;
}

/* The constants on the device, where it cannot read them in the program itself. */
static claw_status claw_fill_tables(claw_context *c) {
  for (size_t i = 0; i < claw_constant_count; i++) {
    const claw_constant *constant = &claw_constants[i];
    if (!c->driver->borrows) {
      claw_status status = claw_filled(c, &c->constants[i], constant->data, constant->size);
      if (status) return status;
      continue;
    }
    claw_buffer *made = calloc(1, sizeof *made);
    if (!made) return claw_fail(c, CLAW_NO_MEMORY, "no memory for a constant");
    made->memory = (void *)(uintptr_t)constant->data; /* which no kernel writes to */
    made->size = made->room = constant->size;
    made->names = 1;
    made->kind = CLAW_CONSTANT;
    c->constants[i] = made;
  }
  for (size_t i = 0; i < claw_variable_count; i++)
    claw_name(&c->variables[i], c->constants[claw_variables[i]]);
  return CLAW_OK;
}

static void claw_leave(claw_context *c) {
  if (!c->driver) return;
  for (size_t i = 0; c->variables && i < claw_variable_count; i++) claw_drop(c, &c->variables[i]);
  for (size_t i = 0; c->constants && i < claw_constant_count; i++) claw_drop(c, &c->constants[i]);
  while (c->unused) {
    claw_buffer *next = c->unused->next;
    c->driver->release(c, c->unused);
    free(c->unused);
    c->unused = next;
  }
  c->driver->close(c);
  free(c->constants);
  free(c->variables);
  c->constants = c->variables = NULL;
  c->driver = NULL;
  c->state = NULL;
}

static claw_status claw_enter(claw_context *c, const claw_driver *driver, int index) {
  c->driver = driver;
  claw_status status = driver->open(c, index);
  if (!status) status = claw_choose(c);
  c->constants = calloc(claw_constant_count + 1, sizeof *c->constants);
  c->variables = calloc(claw_variable_count + 1, sizeof *c->variables);
  if (!status && (!c->constants || !c->variables))
    status = claw_fail(c, CLAW_NO_MEMORY, "no memory for the program");
  if (!status) status = claw_fill_tables(c);
  if (status) claw_leave(c);
  return status;
}

/* `device` is "cuda:1", "host", ..., or NULL for the first that works. */
static claw_status claw_open(claw_context *c, const char *device) {
  const size_t count = sizeof claw_drivers / sizeof *claw_drivers;
  claw_status status = CLAW_NO_DEVICE;
  for (size_t i = 0; i < count; i++) {
    int index = 0;
    if (device) {
      const size_t length = strlen(claw_drivers[i]->name);
      if (strncmp(device, claw_drivers[i]->name, length)) continue;
      if (device[length] && (device[length] != ':' || sscanf(device + length, ":%d", &index) != 1))
        continue;
    }
    status = claw_enter(c, claw_drivers[i], index);
    if (!status || device) return status;
  }
  if (device) return claw_fail(c, CLAW_NO_DEVICE, "the program has no code for %s", device);
  return status;
}
