"""keep the pieces Japanese texts use, and the likeliest others; write student init"""
import json,gzip,re,collections,glob,torch,sys
from e5lib import *
m,tk=load()
J=json.load(open('e5hf/tokenizer.json')); V=J['model']['vocab']
use=collections.Counter()
def feed(texts):
    for s in range(0,len(texts),2000):
        for e in tk.encode_batch(texts[s:s+2000]): use.update(e.ids)
T=[]
for l in gzip.open('jaquad/train.jsonl.gz','rt'):
    d=json.loads(l); T.append(d['context']); T+= [q['question'] for q in d['qas']]
feed(T); a=len(use)
for f in glob.glob('knowledge/samples/midorino/articles/*/*.md')+glob.glob('evaluation/training/*.txt')+glob.glob('evaluation/questions/*.jsonl'):
    feed(open(f).read().split('\n'))
print(a,len(use))
keep=set(range(4))|{i for i,c in use.items()}
ja=re.compile(r'^[▁ぁ-ゖァ-ヺー々〆ヶ一-鿿]+$')
for i,(p,s) in enumerate(V):
    if len(p)==1 and i not in keep and re.match(r'[ -~ぁ-ヿ一-鿿가-힣ऀ-ॿ！-～]',p): keep.add(i)
print('with single',len(keep))
rest=sorted((i for i in range(4,len(V)) if i not in keep and re.match(r'^▁?[A-Za-zÀ-ỹ]+$|^▁?[가-힣]+$|^▁?[ऀ-ॿ]+$|^[一-鿿]{2,}$',V[i][0])),key=lambda i:-V[i][1])
keep=sorted(keep|set(rest[:max(0,46000-len(keep))])); print(len(keep), V[rest[0]][0] if rest else '', V[max(keep)][0])
J['model']['vocab']=[V[i] for i in keep]; J['model']['unk_id']=3
import os; os.makedirs('student',exist_ok=True)
json.dump(J,open('student/tokenizer.json','w'),ensure_ascii=False)
m.embeddings.word_embeddings=torch.nn.Embedding.from_pretrained(m.embeddings.word_embeddings.weight[keep].clone(),freeze=False,padding_idx=1)
m.config.vocab_size=len(keep)
m.embeddings.position_embeddings=torch.nn.Embedding.from_pretrained(m.embeddings.position_embeddings.weight[:160].clone(),freeze=False); m.config.max_position_embeddings=160
m.embeddings.position_ids=m.embeddings.position_ids[:,:160]
if hasattr(m.embeddings,'token_type_ids'): m.embeddings.token_type_ids=m.embeddings.token_type_ids[:,:160]
m.save_pretrained('teacher12'); 
import shutil; shutil.copy('student/tokenizer.json','teacher12/tokenizer.json')
m.encoder.layer=torch.nn.ModuleList([m.encoder.layer[i] for i in (0,2,4,6,9,11)]); m.config.num_hidden_layers=6
m.save_pretrained('student')
from tokenizers import Tokenizer
print(Tokenizer.from_file('student/tokenizer.json').encode('住民票の写しを郵送で取りたい ①㈱').tokens)
