import { obey } from '../bench/programs/obey.ts';
import { runSeeds, type Seeds } from './run-seeds.ts';

obey((seeds: Seeds) => runSeeds(seeds));
