# Boot sector of the tiny guest: loads Linux by its 16-bit boot protocol with a few large reads. A general boot loader
# spends 2 s of an emulated boot on a thousand small ones. The builder fills in `jobs` and prepares the kernel's header.
        .code16
        .globl  start
        .set    buffer, 0x10000         # 64 KiB that nothing else uses
        .set    chunk, 127              # sectors per read and copy; more is refused

start:  cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $start, %sp             # the stack grows down from here
        sti
        cld
        ljmp    $0, $1f                 # some BIOSes start us as 07c0:0000
1:      movb    %dl, drive
        movw    $jobs, %bx

read:   movl    4(%bx), %eax            # sectors left of this job
        testl   %eax, %eax
        jz      done
        cmpl    $chunk, %eax
        jbe     2f
        movl    $chunk, %eax
2:      movw    %ax, count
        movl    (%bx), %ecx
        movl    %ecx, sector
        addl    %eax, (%bx)
        subl    %eax, 4(%bx)
        movb    $0x42, %ah              # extended read
        movb    drive, %dl
        movw    $packet, %si
        int     $0x13
        jc      fail

        movl    8(%bx), %eax            # destination; base bits 0-23 and 24-31 stand apart in a descriptor
        movw    %ax, to + 2
        shrl    $16, %eax
        movb    %al, to + 4
        movb    %ah, to + 7
        movzwl  count, %ecx
        shll    $8, %ecx                # words of this piece
        leal    (%ecx,%ecx), %eax
        addl    %eax, 8(%bx)
        movw    $descriptors, %si
        movb    $0x87, %ah              # copy to extended memory
        int     $0x15
        jc      fail
        jmp     read

done:   addw    $12, %bx
        cmpw    $jobs_end, %bx
        jb      read
        cli
        movw    $0x9000, %ax            # setup code and command line are at 90000h
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %fs
        movw    %ax, %gs
        movw    %ax, %ss
        movw    $0x8000, %sp
        ljmp    $0x9020, $0             # its first instruction is 200h behind its beginning

fail:   int     $0x18                   # "no bootable device"

drive:  .byte   0

        .balign 4
packet: .byte   16, 0
count:  .word   0
        .word   0, buffer >> 4          # offset and segment
sector: .quad   0

descriptors:
        .fill   16, 1, 0                # the BIOS's own
        .word   0xffff, buffer & 0xffff
        .byte   buffer >> 16, 0x93, 0, 0
to:     .word   0xffff, 0
        .byte   0, 0x93, 0, 0
        .fill   16, 1, 0                # the BIOS's own

        # Three jobs of first sector, number of sectors, destination; they are the last 36 bytes before byte 440.
        .org    440 - 36
jobs:   .fill   36, 1, 0
jobs_end:
