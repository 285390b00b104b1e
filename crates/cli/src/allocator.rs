//! Memory of the released program.
//!
//! musl's own allocator takes more pages for the same objects, and each page is a
//! fault of some microseconds in a start of some milliseconds.

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;
