# First code of the executable, in place of the kernel's choice of a dynamic loader: takes the system's loader where there is
# one, else the loader and C library that are appended to the executable, and enters it as the kernel would have.
# The builder fills in `table` (see elf.ts); all places in it are offsets in the executable's file.
        .globl  start
        .set    read_only, 0            # O_RDONLY
        .set    close_on_exec, 0x80000  # O_CLOEXEC
        .set    first_descriptor, 1010  # of the libraries in memory; `preload` names the same numbers
        .set    libraries, 4
        .set    page, 4096

        .macro  call_kernel number
        movl    $\number, %eax
        syscall
        .endm

start:  movq    %rsp, %rbx              # rbx: argc, argv, environment, auxiliary vector, as the kernel left them
        subq    $page, %rsp
        andq    $-16, %rsp
        movq    %rsp, %rbp              # rbp: one page for a file's headers

        leaq    system_loader(%rip), %rdi
        movl    $(read_only | close_on_exec), %esi
        call_kernel 2                   # open
        xorl    %r15d, %r15d            # r15: where in the file the loader begins
        movq    %rax, %r14              # r14: the file
        testq   %rax, %rax
        jns     map_loader

        leaq    own_file(%rip), %rdi
        movl    $(read_only | close_on_exec), %esi
        call_kernel 2
        movq    %rax, %r14
        testq   %rax, %rax
        js      fail
        movq    loader_offset(%rip), %r15
        call    place_libraries
        call    add_preload

# Maps the file r14 from r15 on as the kernel does with a loader: r12 is its base address, r13 its first instruction.
map_loader:
        movq    %r14, %rdi
        movq    %rbp, %rsi
        movl    $page, %edx
        movq    %r15, %r10
        call_kernel 17                  # pread64
        cmpl    $0x464c457f, (%rbp)     # 7f E L F
        jne     fail
        movzwl  56(%rbp), %r8d          # e_phnum
        movq    32(%rbp), %r9           # e_phoff
        addq    %rbp, %r9
        pushq   %r8
        pushq   %r9
        xorl    %esi, %esi              # rsi: end of the last segment
1:      cmpl    $1, (%r9)               # PT_LOAD
        jne     2f
        movq    16(%r9), %rax           # p_vaddr
        addq    40(%r9), %rax           # p_memsz
        cmpq    %rsi, %rax
        cmovaq  %rax, %rsi
2:      addq    $56, %r9
        decl    %r8d
        jnz     1b
        xorl    %edi, %edi
        movl    $3, %edx                # PROT_READ | PROT_WRITE: what no file covers stays as zeros
        movl    $0x22, %r10d            # MAP_PRIVATE | MAP_ANONYMOUS
        movq    $-1, %r8
        xorl    %r9d, %r9d
        call_kernel 9                   # mmap
        cmpq    $-4096, %rax
        ja      fail
        movq    %rax, %r12
        movq    24(%rbp), %r13          # e_entry
        addq    %r12, %r13

        popq    %r9
        popq    %r8
3:      cmpl    $1, (%r9)
        jne     4f
        pushq   %r8
        pushq   %r9
        call    map_segment
        popq    %r9
        popq    %r8
4:      addq    $56, %r9
        decl    %r8d
        jnz     3b
        movq    %r14, %rdi
        call_kernel 3                   # close

# Tells the loader about itself and about the program.
        movq    (%rbx), %rax
        leaq    16(%rbx,%rax,8), %rdi   # behind argv and its zero
5:      addq    $8, %rdi
        cmpq    $0, -8(%rdi)
        jne     5b                      # behind the environment and its zero
6:      movq    (%rdi), %rax
        cmpq    $3, %rax                # AT_PHDR
        jne     7f
        leaq    headers(%rip), %rcx
        movq    %rcx, 8(%rdi)
7:      cmpq    $7, %rax                # AT_BASE
        jne     8f
        movq    %r12, 8(%rdi)
8:      cmpq    $9, %rax                # AT_ENTRY
        jne     9f
        movq    program_entry(%rip), %rcx
        movq    %rcx, 8(%rdi)
9:      addq    $16, %rdi
        testq   %rax, %rax
        jnz     6b
        movq    %rbx, %rsp
        xorl    %edx, %edx              # nothing to call at exit
        jmp     *%r13

# Maps the segment of program header r9.
map_segment:
        movq    16(%r9), %rax           # p_vaddr
        movq    %rax, %rcx
        andl    $(page - 1), %ecx       # how far into its first page it begins
        movq    %rax, %rdi
        subq    %rcx, %rdi
        addq    %r12, %rdi
        movq    32(%r9), %rsi           # p_filesz
        addq    %rcx, %rsi
        movl    4(%r9), %eax            # p_flags: 4 read, 2 write, 1 execute; of mmap: 1, 2, 4
        movl    %eax, %edx
        andl    $2, %edx
        testl   $4, %eax
        jz      1f
        orl     $1, %edx
1:      testl   $1, %eax
        jz      2f
        orl     $4, %edx
2:      movl    $0x12, %r10d            # MAP_PRIVATE | MAP_FIXED
        movq    %r14, %r8
        movq    8(%r9), %rax            # p_offset
        subq    %rcx, %rax
        addq    %r15, %rax
        pushq   %r9
        movq    %rax, %r9
        call_kernel 9                   # mmap
        popq    %r9
        cmpq    $-4096, %rax
        ja      fail
        movq    40(%r9), %rax           # p_memsz
        cmpq    %rax, 32(%r9)
        je      3f
        movq    16(%r9), %rdi           # zeros from the file's end to the end of that page
        addq    32(%r9), %rdi
        addq    %r12, %rdi
        movl    %edi, %ecx
        negl    %ecx
        andl    $(page - 1), %ecx
        xorl    %eax, %eax
        rep stosb
3:      ret

# Copies each library from the file r14 into memory that has a descriptor.
place_libraries:
        xorl    %r12d, %r12d
1:      leaq    memory_name(%rip), %rdi
        movl    $1, %esi                # MFD_CLOEXEC
        call_kernel 319                 # memfd_create
        testq   %rax, %rax
        js      fail
        movq    %rax, %r13
        leaq    table(%rip), %rcx
        movq    %r12, %rax
        shlq    $4, %rax
        addq    %rax, %rcx
        movq    (%rcx), %rax            # offset
        pushq   %rax
        movq    8(%rcx), %rax           # bytes
        pushq   %rax
2:      movq    %r13, %rdi
        movq    %r14, %rsi
        leaq    8(%rsp), %rdx
        movq    (%rsp), %r10
        call_kernel 40                  # sendfile, which moves the offset on
        testq   %rax, %rax
        jle     fail
        subq    %rax, (%rsp)
        jnz     2b
        addq    $16, %rsp
        movq    %r13, %rdi
        leal    first_descriptor(%r12), %esi
        movl    $close_on_exec, %edx
        call_kernel 292                 # dup3
        testq   %rax, %rax
        js      fail
        movq    %r13, %rdi
        call_kernel 3                   # close
        incl    %r12d
        cmpl    $libraries, %r12d
        jb      1b
        ret

# Makes rbx a copy of what the kernel left, with `preload` as first word of the environment. It lies below the page of rbp.
add_preload:
        popq    %r12                    # the way back
        movq    (%rbx), %rax
        leaq    16(%rbx,%rax,8), %rdi   # environment
        movq    %rdi, %r13
1:      addq    $8, %rdi
        cmpq    $0, -8(%rdi)
        jne     1b
2:      addq    $16, %rdi
        cmpq    $0, -16(%rdi)
        jne     2b                      # rdi: behind the auxiliary vector
        movq    %rdi, %rcx
        subq    %rbx, %rcx              # bytes to copy
        leaq    8(%rcx), %rax
        subq    %rax, %rsp
        andq    $-16, %rsp
        movq    %rsp, %rdi
        movq    %rbx, %rsi
        movq    %r13, %rcx
        subq    %rbx, %rcx
        shrq    $3, %rcx
        pushq   %rdi
        rep movsq                       # argc and argv
        leaq    preload(%rip), %rax
        stosq
1:      movq    (%rsi), %rax            # environment
        movsq
        testq   %rax, %rax
        jnz     1b
2:      movq    (%rsi), %rax            # auxiliary vector
        movsq
        movsq
        testq   %rax, %rax
        jnz     2b
        popq    %rbx
        subq    $page, %rsp
        andq    $-16, %rsp
        movq    %rsp, %rbp
        jmp     *%r12

fail:   movl    $2, %edi
        leaq    sentence(%rip), %rsi
        movl    $(sentence_end - sentence), %edx
        call_kernel 1                   # write
        movl    $126, %edi
        call_kernel 231                 # exit_group

system_loader:
        .asciz  "/lib64/ld-linux-x86-64.so.2"
own_file:
        .asciz  "/proc/self/exe"
memory_name:
        .asciz  "strata-library"
preload:
        .asciz  "LD_PRELOAD=/proc/self/fd/1010:/proc/self/fd/1011:/proc/self/fd/1012:/proc/self/fd/1013"
sentence:
        .ascii  "strata: cannot load the C library: is /proc mounted?\n"
sentence_end:

        .balign 8
        .ascii  "strata entry 1.0"      # the builder finds the table by this
program_entry:
        .quad   0
loader_offset:
        .quad   0
table:  .fill   libraries * 2, 8, 0     # offset and bytes of each
headers:
        .fill   16 * 56, 1, 0           # the program headers as they were before
