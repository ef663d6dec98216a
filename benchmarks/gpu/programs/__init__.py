"""The programs of a kit, in the order that tells most first; needs the compiler."""
