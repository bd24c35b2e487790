# Has the guest's kernel draw from what was mixed into its pool at once (ioctl RNDRESEEDCRNG, random(4)): a whole ELF program,
# since the tiny guest has neither perl nor python to make an ioctl with. Exit 0: done.
        .globl  start
        .set    sys_open, 2
        .set    sys_ioctl, 16
        .set    sys_exit, 60
        .set    write_only, 1
        .set    reseed, 0x5207

start:  .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0  # 64 bits, little-endian, version 1, System V
        .quad   0
        .word   2, 62                   # executable, x86-64
        .long   1
        .quad   enter, header - start, 0
        .long   0
        .word   64, 56, 1, 0, 0, 0      # size of this, of a program header, of which there is one
header: .long   1, 5                    # load all of the file, readable and executable
        .quad   0, start, start, end - start, end - start, 0x1000

enter:  movl    $sys_open, %eax
        leaq    device(%rip), %rdi
        movl    $write_only, %esi
        syscall
        testl   %eax, %eax
        js      leave
        movl    %eax, %edi
        movl    $sys_ioctl, %eax
        movl    $reseed, %esi
        xorl    %edx, %edx
        syscall
leave:  xorl    %edi, %edi
        testl   %eax, %eax
        setnz   %dil
        movl    $sys_exit, %eax
        syscall

device: .asciz  "/dev/urandom"
end:
