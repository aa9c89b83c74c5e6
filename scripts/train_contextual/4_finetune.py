import json,random,time,sys,re,os
sys.path.insert(0,'.')
from e5lib import *
import torch.nn.functional as F
from evaluation.training_faq import training_articles
from evaluation.own_questions import is_held_out, retrieval_questions
from knowledge.municipality_folder import read_folder
from pathlib import Path
torch.set_num_threads(2); random.seed(1); torch.manual_seed(1)
src,dst,minutes,LR=sys.argv[1],sys.argv[2],float(sys.argv[3]),float(sys.argv[4])
S=BertModel.from_pretrained(src,add_pooling_layer=False,attn_implementation='eager'); tk=Tokenizer.from_file(src+'/tokenizer.json')
for d in S.modules():
    if isinstance(d,torch.nn.Dropout): d.p=0.0
for n,x in S.named_parameters():
    if 'embeddings' in n or 'layer.0.' in n or 'layer.1.' in n: x.requires_grad_(False)
def demo():
    from bot.plain_text import plain
    rows=[r.article for r in read_folder(Path('knowledge/samples/midorino')).rows if r.article]
    qs={}
    for q in retrieval_questions(held_out=False): qs.setdefault(q.article,[]).append(q.text)
    out=[]
    for a in rows:
        if is_held_out(a.id): continue
        out.append((a.title,plain(a.body)[:160],list(a.alternatives)+qs.get(a.id,[]),a.category))
    out.sort(key=lambda x:x[3]); return [x[:3] for x in out]
def data():
    runs={}
    for a in training_articles():
        if not a.for_ranker: runs.setdefault((a.id.rsplit('-',1)[0],a.run),[]).append((a.title,a.body,a.questions))
    runs=list(runs.values()); d=DEMO
    runs+=[d[i:i+8] for i in range(0,len(d),8)]
    return runs
DEMO=demo(); runs=[]; pool_=[]
opt=torch.optim.AdamW([x for x in S.parameters() if x.requires_grad],lr=LR,weight_decay=0.01)
def emb(t,n):
    ids,mask=batch(tk,t,n)
    with torch.autocast('cpu',torch.bfloat16):
        h=S(input_ids=ids,attention_mask=mask).last_hidden_state
    h=h.float(); return F.normalize((h*mask[...,None]).sum(1)/mask.sum(1,keepdim=True),dim=-1)
start=time.time(); step=0; log=[]
while True:
    frac=(time.time()-start)/60/minutes
    if frac>=1: break
    if len(pool_)<8:
        runs=data(); pool_=runs[:]; random.shuffle(pool_); print('runs',len(runs),'articles',sum(map(len,runs)),flush=True)
    items=[x for r in [pool_.pop() for _ in range(min(8,len(pool_)))] for x in r]
    for g in opt.param_groups: g['lr']=LR*min(1,(step+1)/20)*max(0.03,1-frac)
    q=[random.choice(x[2]) for x in items]
    t=[x[0] for x in items]; b=[f'{x[0]} {x[1]}' for x in items]
    ns=random.random()
    eq,et,eb=emb(q,32),emb(t,32),emb(b,64)
    y=torch.arange(len(items)); T=.03
    lb,lt,lm=eq@eb.T/T,eq@et.T/T,eq@((eb+et)/2).T/T
    loss=F.cross_entropy(lb,y)+.5*F.cross_entropy(lt,y)+F.cross_entropy(lm,y)+.3*F.cross_entropy(lb.T,y)+.3*F.cross_entropy(et@eb.T/T,y)
    opt.zero_grad(); loss.backward(); torch.nn.utils.clip_grad_norm_([x for x in S.parameters() if x.requires_grad],1.0); opt.step(); step+=1
    log.append((loss.item(),(lm.argmax(1)==y).float().mean().item()))
    if step%20==0: print(step,round(time.time()-start),np.mean(log[-20:],0).round(3),flush=True)
    if step%120==0: S.save_pretrained(dst)
S.save_pretrained(dst)
import shutil; shutil.copy(src+'/tokenizer.json',dst+'/tokenizer.json')
