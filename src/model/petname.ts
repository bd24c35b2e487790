/** Names for instances whose user gave none: two plain words. */
const first =
  "able agile amber brave bright brisk calm civil clear clever coral crisp eager early exact fair fast fine fleet fond fresh gentle glad golden grand happy honest ivory jolly keen kind lively loyal lucid lucky merry mild modest neat noble patient polite proud quick quiet ready royal sharp silver smooth solid steady still sunny swift tidy true warm wise witty young".split(
    " ",
  );
const second =
  "adder badger bear beaver bison bream cicada civet condor coyote crane cricket curlew dingo dolphin eagle egret falcon ferret finch fox gannet gecko gibbon goose heron hornet ibex jackal jay kestrel kite koala lark lemur lynx magpie marmot marten mole moose newt ocelot osprey otter owl panda perch pike puffin quail raven robin salmon seal shrike sparrow stoat stork swan tapir tern toad trout viper walrus weasel wren yak zebra".split(
    " ",
  );

/** A name made from four random bytes, for example `keen-otter`. */
export function petname(chance: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = chance;
  return `${first[(a * 256 + b) % first.length]}-${second[(c * 256 + d) % second.length]}`;
}
